/* What the invented providers wrote about Rosa, whom the invented Amélia helps. */
import { HOSPITAL, PRACTICE, type Written } from "./town";

const callender = "Dr. Ruth Callender";

export const ROSAS: readonly Written[] = [
  {
    provider: PRACTICE,
    kind: "visit",
    title: "Home visit, blood pressure",
    date: "2026-11-17",
    status: "finished",
    type: "Encounter",
    author: callender,
    copy: "verified",
  },
  {
    provider: HOSPITAL,
    kind: "document",
    title: "Letter after hip operation",
    date: "2026-10-22",
    type: "DocumentReference",
    media: "application/pdf",
    size: 61_402,
    copy: "verified",
  },
  {
    provider: HOSPITAL,
    kind: "procedure",
    title: "Hip replacement, left",
    date: "2026-10-15",
    status: "completed",
    type: "Procedure",
    copy: "verified",
  },
  {
    provider: PRACTICE,
    kind: "medication",
    title: "Bisoprolol 2.5 mg tablets",
    date: "2026-09-03",
    status: "active",
    type: "MedicationRequest",
    author: callender,
    copy: "verified",
  },
  {
    provider: PRACTICE,
    kind: "allergy",
    title: "Penicillin",
    date: "2019-04-11",
    status: "active",
    type: "AllergyIntolerance",
    author: callender,
  },
];
