/* Codes of the invented people, and their QR pictures as the program below would make them: each can be read. */
import type { Picture } from "../../bindings";

/** What each code is, in the invented town; none is a code of anybody. */
export const CODES = {
  OFFER: `mrhelp1${"q0w8e7r6t5y4".repeat(20)}`,
  CARD: `mrcard1${"z9x8c7v6b5n4".repeat(12)}`,
  REQUEST: `mrhand1${"q0w8e7r6t5y4".repeat(9)}`,
  ANSWER: `mrtake1${"q0w8e7r6t5y4".repeat(30)}`,
  RECOVERY: `mrtake1${"q0w8e7r6t5y4".repeat(60)}`,
} as const;

/** One pixel for each module, with the white around it. (ISO/IEC 18004) */
const PICTURES: Record<keyof typeof CODES, { side: number; png: string }> = {
  OFFER: {
    side: 57,
    png: "iVBORw0KGgoAAAANSUhEUgAAADkAAAA5AQAAAACkY74oAAABr0lEQVR42mP4DwENDHgYH8RnXJ1gwt7A8P06i5B46/cGhi8h2+20U8VBjOQzZrogRqRjY3gtkPH98oS5m2WBaj6IhoaGhgB1/f9zT0ZyP9Ccz7LijvfD2hsYfizn9H9zr76B4a8zy9uE8/YNDN+e3ejS2QRkfG18Zd/9I72B4aPCnIJkufwGhj83ivuLnm8Hmrz98IoP244DRcJqCto51YFWPLJe8oQfqPi/0GPnurL1QIbWNr8TT6YDpW7KeF3ZMh9ol5FD4iVeoOLvrN2Nawr0Gxj+Ffybs7ndHagm6NrUA6xA7b9KTsS6hfsD1bCLHowJALr509aLy2Q/9QPd7PdK9a5KONDSYtmnp94+B6qZtHWvwmVQaBgvfq6ypRxoRdOWBZP/g5yaIhP0igXo98/RrydkPwb69Kue+ZoJzfxAxY4yQstlrgPtSjlY8yAC6IzfczytIyyXA7V/tZp98z1Q6uMt38YYA3mgL776xjizAwPzg6xoyN5Uc6D2awfmbF1eDwrwbMaWABAjUjacyR5o6Zf4i/x1KUCffr+0dJZMQjso5NlkrywOxxunMAYAQQUM/YXaSIkAAAAASUVORK5CYII=",
  },
  CARD: {
    side: 45,
    png: "iVBORw0KGgoAAAANSUhEUgAAAC0AAAAtAQAAAAASYd83AAABCklEQVR42mP4DwI/GLBSHySk8x0qGL7fT9x1v4LhS/SfbReBVKihCIgKt1oSCJS7aaQDlPsgGhoKVPn/V69D/Q+Gzx1vkz7/YPiYohrytYLho7z26+s/GL5peMzb+oPhu9Dfr9MqGP5pFb19DTSFW2XTyQqGn+uEfU1+MPwN5HA2rGD4WqevUPCD4Sfz/HipCoZfS9+IXwFSd29unwXU/r5g60+gtYeFXr4DqqwxOL24guHTxIlftYGG5al+7Klg+NaU/xxo+9e1/FLrfjB8cbvlxAT00ccVJkAzPwhKigUATbm281sJUC6ap4kZSMVsfCkN1B5XdqMEaPSVxN2+QJXCExkXVDDgCR4AUbe0JiV8ZSwAAAAASUVORK5CYII=",
  },
  REQUEST: {
    side: 45,
    png: "iVBORw0KGgoAAAANSUhEUgAAAC0AAAAtAQAAAAASYd83AAABCklEQVR42mP4DwI/GLBSH8SS1jtUMHy/+UnmfgXDl9jUCYFAKr5cFkRFHdh2ESh3N7EmvoLhg2hoKFDl/y8LDgP1fYrYlwIU/GRtGvrtB8OPqOWNURUMf18YHPf5wfCxS33yJaBc6nTj7xUM/zhMt8ysYPi55m1MKNDa0KtxnRUMP94JHheqYPgl9LLiVwXDx88xoSd+MHyTZpjZ8YPh59+bRz8C7WOOexQGVPn27PECoODlyf2sFQzf1tcUHwHK+R7zPvmD4ct3Mdl3QH092R7sQKO/fW8rBPpImmNDyA+G73d2FJQA/RC0Vo8VqDJU/acLkIpa3S0F9NEl89U9QJUCmszLKhjwBA8Aqm619bZM2jQAAAAASUVORK5CYII=",
  },
  ANSWER: {
    side: 65,
    png: "iVBORw0KGgoAAAANSUhEUgAAAEEAAABBAQAAAACmjPToAAACNklEQVR42mP4DwUNDPhZH2T9mNtletgbGL5fOTenpnzt9waGL2Gv1sZY9IoDWTH8615LvwWxwo9osJ/XBbK+X2g2PVM3F6jug2goEIQA9f7//HPqpb71QPM+nXj6gCe0xb+B4d+6o6ZZ5/OB6n5P4Ur4N2/te6C6fzEl63p87jcw/ORzCjd8cVG+geFH7qZzpotO6TcwfJ76sITTMHU60Da1H4+m79hn38Dw5+jGQi2OsOUNDH/LvMxvPDQAyn7i2fLEIvQI0JQPv52jKor/rAeaEtW+2aLQkR8ou2i1hsbGF+oNDF+vr3n629huPtDkWv8dCsfngsw7opoSPH1+fwPDR6uMV9bL5+8HupT1ogWX6YF4oB0lz3tvvn4ONOV3iE1j+CpWoKu+lU3WvHh8eT1IXYSL4MEAYBj8UJ7xfMeqKUCT/9/8Ezz3wGug3p9rXtV3VR4Civ2cZFF24s1NYBh8Lnmj+FW0MB3IOrShLDZKFKjut0bsxIzHS8qBLuXa8T4mJBzo0t8mky4ni60GuuXPBd7SyXwzQHG0QrZq+yLV40AXeCUfaWQVANr7tUzwKOvHLqA/vvjIHS5MfQzU+1n31KONR5cBQ+Nr49yDXTJfzwPDJZXv7WE5L6Ad/w+uthAMveAOZH0SFr314zg/KN5+nnWIm5oPjMvbv1Ze9BMHxsKXyDUhbIYbzIGs0Ld3krO+AcP0S3zz9JJwXmCIf7/M4HV18SKgeR/EpgvZrWC1J5Su4CwA/fFd90cTvrkAAAAASUVORK5CYII=",
  },
  RECOVERY: {
    side: 85,
    png: "iVBORw0KGgoAAAANSUhEUgAAAFUAAABVAQAAAAAQjpX3AAADoElEQVR42o1Tb0zTVxR9ErGWIJgawWQYZrQBMxEqUuYHEXTdOoHAMPBTC61YEYlUGpH22VqLKEzN4j9qsaRYQw1FkRZBKkZAyVzQgNPYCrgiiAwjyZggLX0t/eM1S8w++j6d3Nx33jnn3of8Xw5BX4OnVzRLqjtUfaaHGDlf7JE08X+TTwgwsgsK2kMUKl/JL4Cp50HnAvkRvM84lxlX5D0xuBiw02orFMRqnyhGMZpenv3fScbI7+6TpvqGeTeUwJ9Mf8jblPLux5sEuRLC5CkxOtYRJuBL7eq8hHjLvyaCZv42bI5s7ngjeQD91nFJBVX/l0ENnPVMNWNdRHLBBozmdtFlFcFVSznXCSJKSZY37qKG20nQvJYzpbn2+mnrW4Icq0SMmJyG+aIqjObVXrMtn1tcOEeQs2UyLGTJos6COxh5yts3Tk5VUtwtBHk6EqNHlf0pNAZkwtUpheN3eIpt4DGJbrMdPfqo9yTopB0Rp6T3sOwLMXIcnqjJbV9pMUpAW2YBE6+57GBTGM1Iu6VCi9ZGk2LkXXCwnLEeob2B8FZnGTsgyKjhgE7H1pxqlYh1O7WVIPuDNQn3rte9VJsB70jSebPe2UqAZ266rqZp33vrWy1B3rT4qxS34UzZY+BsDPzdMbWstKgL8hkZ2Wg7bk6njcFdUVKff9zMU/wEehDj6hX+AfULPUFz+7NNvelV1R47cG6rWzjSzLQYNVAnxdd861SzseEE+Z4X5wnqO/mhFEEf8dmaS/y4itJKgtwhf7ADZCaNYgjeYhkHVYqlt+VtoCfgVJxsT09l1CKoS3FNXqvWHQx+/Vn0yu0/qF6uzgE9YuGvVPTw6ddijHy09MxDH04IiyAH0t3FcmNV6KnvMXI/efRUlz8g8w4A1jdqhoY2jGbfBf7B77opl8HtAr92c2nqn6a2sUYDaNvV03Iumt0XIyNo1sUWZehzjbRCmJ1l5aYLaUm2KPDrXM/pVstPtvFhB2b4o10RioZ78mrYAWXZtCzfucDkAc2Wrd5vuB4PZxbmkijPfJxm3bFWApnsPu+zRN8IskKPU68Pe/+hdnzsMtwNfdViEi/P6MfgUUZ/FvnzgOwZ5EzS9l3YWY4EogCoz140UK+0h6+IgT/c5cjVqWb+gRycI4mG2AMRk/2lkElmubhEiEy9sD/2bNa3rGA2LyP+89yjIneLaG21TdBvPaMf9tfOH6uHOYZHfrw/4c+/5f66//s//An9njbtpHYvRgAAAABJRU5ErkJggg==",
  },
};

/** The picture of a code of the invented people; none for any other text. */
export function pictureOf(code: string): Picture | null {
  const name = (Object.keys(CODES) as (keyof typeof CODES)[]).find((one) => CODES[one] === code);
  if (!name) return null;
  const { side, png } = PICTURES[name];
  return { width: side, height: side, png_base64: png };
}
