//! Words of the pages that belong to no entry.

use serde_json::{Value, json};

use crate::sentences::Language;

/// Words in one language.
pub(super) struct Words {
    pub title: &'static str,
    pub whose: &'static str,
    pub whose_note: &'static str,
    pub period: &'static str,
    pub as_of: &'static str,
    pub holds: &'static str,
    pub ledger: &'static str,
    pub genesis: &'static str,
    pub patient: &'static str,
    pub somebody: &'static str,
    pub new_ones_too: &'static str,
    pub delivered: &'static str,
    pub view_only: &'static str,
    pub no_file: &'static str,
    pub check_said: &'static str,
    language: Language,
}

pub(super) fn words(language: Language) -> Words {
    match language {
        Language::English => Words {
            title: "Consent history",
            whose: "History of",
            whose_note: "(the name that this person gave)",
            period: "Period",
            as_of: "As of",
            holds: "Holds",
            ledger: "Ledger",
            genesis: "genesis",
            patient: "The patient",
            somebody: "Somebody whose name is not opened",
            new_ones_too: ", new ones too",
            delivered: " (new ones are sent)",
            view_only: " (to look at, not to keep)",
            no_file: "No file that can be checked was made with these pages. What they say cannot be checked against the ledger.",
            check_said: "With these pages belongs a file that anybody can check without trusting whoever printed them. The file holds the ledger’s own entries and signatures.",
            language,
        },
        Language::Spanish => Words {
            title: "Historial de consentimientos",
            whose: "Historial de",
            whose_note: "(el nombre que dio esta persona)",
            period: "Período",
            as_of: "A fecha de",
            holds: "Contiene",
            ledger: "Libro compartido",
            genesis: "génesis",
            patient: "La persona titular",
            somebody: "Alguien cuyo nombre no está abierto",
            new_ones_too: ", también lo que se añada",
            delivered: " (lo nuevo se envía)",
            view_only: " (para mirar, no para guardar)",
            no_file: "Con estas páginas no se hizo ningún archivo comprobable. Lo que dicen no se puede comprobar con el libro compartido.",
            check_said: "Con estas páginas va un archivo que cualquiera puede comprobar sin tener que confiar en quien las imprimió. El archivo contiene las entradas y las firmas del propio libro compartido.",
            language,
        },
    }
}

impl Words {
    fn pick<T>(&self, english: T, spanish: T) -> T {
        match self.language {
            Language::English => english,
            Language::Spanish => spanish,
        }
    }

    pub fn title_of(&self, whose: &str) -> String {
        self.pick(format!("Consent history of {whose}"), format!("Historial de consentimientos de {whose}"))
    }

    pub fn span(&self, from: &str, until: &str) -> String {
        self.pick(format!("{from} to {until}"), format!("del {from} al {until}"))
    }

    pub fn at_block(&self, moment: &str, height: u64) -> String {
        self.pick(format!("{moment}, block {height}"), format!("{moment}, bloque {height}"))
    }

    pub fn counts(&self, accounts: usize, entries: usize, closed: usize) -> String {
        let english = || {
            let accounts =
                if accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") };
            let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
            match closed {
                0 => format!("{accounts}, {entries}, all of them opened"),
                1 => format!("{accounts}, {entries}, of which 1 stays closed"),
                more => format!("{accounts}, {entries}, of which {more} stay closed"),
            }
        };
        let spanish = || {
            let accounts = if accounts == 1 { "1 cuenta".to_owned() } else { format!("{accounts} cuentas") };
            let entries = if entries == 1 { "1 entrada".to_owned() } else { format!("{entries} entradas") };
            match closed {
                0 => format!("{accounts}, {entries}, todas abiertas"),
                1 => format!("{accounts}, {entries}, de las que 1 queda cerrada"),
                more => format!("{accounts}, {entries}, de las que {more} quedan cerradas"),
            }
        };
        match self.language {
            Language::English => english(),
            Language::Spanish => spanish(),
        }
    }

    pub fn unexplained(&self, whose: &str, entry: u64, until: &str) -> String {
        self.pick(
            format!("One more permission holds until {until}, for records of {whose}. What it allows is not opened in this copy (entry {entry})."),
            format!("Hay otro permiso en vigor hasta el {until}, para registros de {whose}. Lo que permite no está abierto en esta copia (entrada {entry})."),
        )
    }

    pub fn emergency(&self, reason: &str, entry: u64) -> String {
        let said = |open: &str, close: &str| {
            if reason.is_empty() { String::new() } else { format!("{open}{reason}{close}") }
        };
        self.pick(
            format!("Emergency, entry {entry}{}", said(": “", "”")),
            format!("Urgencia, entrada {entry}{}", said(": «", "»")),
        )
    }

    pub fn times_last(&self, times: usize, last: &str) -> String {
        self.pick(format!("{times} times. The last: {last}"), format!("{times} veces. La última: {last}"))
    }

    pub fn dispute(
        &self,
        whose: &str,
        about: u64,
        on: &str,
        statement: &str,
        sentence: Option<&str>,
    ) -> String {
        let (open, close) = self.pick(("“", "”"), ("«", "»"));
        let quoted = if statement.is_empty() { String::new() } else { format!(": {open}{statement}{close}") };
        let says = sentence.map(|sentence| match self.language {
            Language::English => format!(" The entry says: {sentence}"),
            Language::Spanish => format!(" La entrada dice: {sentence}"),
        });
        let says = says.unwrap_or_default();
        self.pick(
            format!("Entry {about} of the account with {whose}, disputed on {on}{quoted}.{says}"),
            format!("Entrada {about} de la cuenta con {whose}, impugnada el {on}{quoted}.{says}"),
        )
    }

    pub fn helper(
        &self,
        whose: &str,
        name: &str,
        right: &str,
        activation: &str,
        until: Option<&str>,
        entry: u64,
    ) -> String {
        match self.language {
            Language::English => {
                let until = until.map_or(String::new(), |until| format!(", until {until}"));
                format!(
                    "{name} may act in the account with {whose}, {activation}{until}: to {right} (entry {entry})."
                )
            }
            Language::Spanish => {
                let until = until.map_or(String::new(), |until| format!(", hasta el {until}"));
                format!(
                    "{name} puede actuar en la cuenta con {whose}, {activation}{until}: para {right} (entrada {entry})."
                )
            }
        }
    }

    pub fn emergency_access(&self, whose: &str, scope: &str, entry: u64) -> String {
        self.pick(
            format!("Emergency departments may see {scope} of {whose} without asking (entry {entry})."),
            format!(
                "Los servicios de urgencias pueden ver {scope} de {whose} sin pedirlo (entrada {entry})."
            ),
        )
    }

    pub fn in_account(&self, whose: &str, entry: u64, sentence: &str) -> String {
        self.pick(
            format!("In the account with {whose}, entry {entry}: {sentence}"),
            format!("En la cuenta con {whose}, entrada {entry}: {sentence}"),
        )
    }

    pub fn account_with(&self, party: &str) -> String {
        self.pick(format!("Account with {party}"), format!("Cuenta con {party}"))
    }

    pub fn address(&self, address: &str) -> String {
        self.pick(format!("Account {address}"), format!("Cuenta {address}"))
    }

    pub fn whole(&self, size: u64) -> String {
        if size == 1 {
            return self.pick(
                "The whole account: its only entry.".to_owned(),
                "La cuenta entera: su única entrada.".to_owned(),
            );
        }
        self.pick(
            format!("The whole account: {size} entries, from the first one on."),
            format!("La cuenta entera: {size} entradas, desde la primera."),
        )
    }

    pub fn part(&self, from: u64, to: u64, size: u64) -> String {
        if from == to {
            return self.pick(
                format!("A part of the account: entry {from}, of {size} in all. Numbers begin at 0."),
                format!("Una parte de la cuenta: entrada {from}, de {size} en total. Se numeran desde 0."),
            );
        }
        self.pick(
            format!("A part of the account: entries {from} to {to} of {size}. Numbers begin at 0."),
            format!("Una parte de la cuenta: entradas {from} a {to} de {size}. Se numeran desde 0."),
        )
    }

    pub fn steps(&self, extension: &str) -> Vec<String> {
        match self.language {
            Language::English => vec![
                format!("Ask for the file. Its name ends in .{extension}."),
                "Compare its SHA-256 digest with the one below. Every digit must be the same; spaces do not count.".to_owned(),
                "Get the network file of the ledger from somebody whom you trust: a hospital, an authority, a court.".to_owned(),
                format!("On a computer, connected or not, run: medrec history verify FILE.{extension} --anchor NETWORK-FILE"),
            ],
            Language::Spanish => vec![
                format!("Pida el archivo. Su nombre termina en .{extension}."),
                "Compare su resumen SHA-256 con el de abajo. Todas las cifras deben ser iguales; los espacios no cuentan.".to_owned(),
                "Obtenga el archivo de red del libro compartido de alguien en quien confíe: un hospital, una autoridad, un juzgado.".to_owned(),
                format!("En un ordenador, con o sin conexión, ejecute: medrec history verify ARCHIVO.{extension} --anchor ARCHIVO-DE-RED"),
            ],
        }
    }

    /// Words that stand in the template's own places.
    pub fn for_template(&self) -> Value {
        match self.language {
            Language::English => json!({
                "intro": "These pages tell who was given access to which records, by whom, from when to when; what was released under it; and what was stopped. Each line below stands on the ledger, signed by whoever acted.",
                "summary": "In short",
                "access": "Who has access",
                "nobody": "Nobody has access.",
                "stopped": "What was stopped or ran out",
                "nothing_stopped": "Nothing that is opened here was stopped or ran out.",
                "released": "What was released",
                "nothing_released": "No release is told here.",
                "released_note": "Copies that were released stay where they are, also after access was stopped.",
                "disputed": "What is disputed",
                "nothing_disputed": "Nothing is disputed.",
                "helpers": "Who may act for the patient, and emergencies",
                "no_helpers": "Nobody, as far as this copy tells.",
                "entries": "Every entry",
                "col_who": "Who", "col_what": "What", "col_whose": "Records of", "col_from": "From", "col_until": "Until",
                "col_entry": "Entry", "col_how": "How it ended", "col_to": "To whom", "col_times": "Times",
                "col_records": "Records", "col_last": "Last on", "col_when": "When (UTC)", "col_signed": "Signed by",
                "col_happened": "What happened",
                "check": "How to check these pages",
                "digest": "SHA-256 digest of the file",
                "found": "What the check of that file found when these pages were made:",
                "meaning": "What the words mean",
                "glossary": [
                    ["Ledger", "A list that hospitals and doctors keep together. What was written cannot be changed or taken out unnoticed. It holds no medical records."],
                    ["Account", "What one patient and one provider share on the ledger. Only that provider can list records in it."],
                    ["Entry", "One line of an account: who did what, and when. Entries are numbered from 0."],
                    ["Not opened", "The entry is there and is counted. What it says was not shown in this copy."],
                    ["Release", "A provider gave out copies, and wrote down to whom and under which permission."],
                ],
                "undrawn": "Characters that the fonts of these pages do not have are written by their Unicode number, as in [U+4E2D].",
                "page": "Page", "of": "of",
                "caption_access": "Permissions that hold at the end of this history",
                "caption_stopped": "Permissions that no longer hold",
                "caption_released": "Copies that were released, by receiver",
            }),
            Language::Spanish => json!({
                "intro": "Estas páginas dicen a quién se dio acceso a qué registros, quién lo dio, desde cuándo y hasta cuándo; qué se entregó con ese permiso; y qué se detuvo. Cada línea consta en el libro compartido, con la firma de quien actuó.",
                "summary": "En resumen",
                "access": "Quién tiene acceso",
                "nobody": "Nadie tiene acceso.",
                "stopped": "Qué se detuvo o terminó",
                "nothing_stopped": "Nada de lo que aquí está abierto se detuvo ni terminó.",
                "released": "Qué se entregó",
                "nothing_released": "Aquí no consta ninguna entrega.",
                "released_note": "Las copias entregadas se quedan donde están, también después de detener el acceso.",
                "disputed": "Qué se impugna",
                "nothing_disputed": "No se impugna nada.",
                "helpers": "Quién puede actuar por la persona titular, y urgencias",
                "no_helpers": "Nadie, según esta copia.",
                "entries": "Todas las entradas",
                "col_who": "Quién", "col_what": "Qué", "col_whose": "Registros de", "col_from": "Desde", "col_until": "Hasta",
                "col_entry": "Entrada", "col_how": "Cómo terminó", "col_to": "A quién", "col_times": "Veces",
                "col_records": "Registros", "col_last": "Última vez", "col_when": "Cuándo (UTC)", "col_signed": "Firma",
                "col_happened": "Qué ocurrió",
                "check": "Cómo comprobar estas páginas",
                "digest": "Resumen SHA-256 del archivo",
                "found": "Lo que halló la comprobación de ese archivo cuando se hicieron estas páginas:",
                "meaning": "Qué significan las palabras",
                "glossary": [
                    ["Persona titular", "La persona de quien son los registros."],
                    ["Libro compartido", "Una lista que hospitales y médicos llevan en común. Lo escrito no se puede cambiar ni quitar sin que se note. No contiene registros médicos."],
                    ["Cuenta", "Lo que una persona titular y un proveedor comparten en el libro. Solo ese proveedor puede anotar registros en ella."],
                    ["Entrada", "Una línea de una cuenta: quién hizo qué, y cuándo. Las entradas se numeran desde 0."],
                    ["Sin abrir", "La entrada está y se cuenta. Lo que dice no se mostró en esta copia."],
                    ["Entrega", "Un proveedor dio copias y anotó a quién y con qué permiso."],
                ],
                "undrawn": "Los caracteres que las fuentes de estas páginas no tienen se escriben con su número Unicode, como [U+4E2D].",
                "page": "Página", "of": "de",
                "caption_access": "Permisos en vigor al final de este historial",
                "caption_stopped": "Permisos que ya no están en vigor",
                "caption_released": "Copias entregadas, por destinatario",
            }),
        }
    }
}
