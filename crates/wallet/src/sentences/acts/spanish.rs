//! Spanish, in the usted form.

use medrec_protocol::{RecordKind, Timestamp};

use super::{super::Language, ActFacts, Said, scope};
use crate::view::{Begins, Right};

/// What every sentence knows: whose records they are, and with whom.
struct Spanish<'a> {
    /// The person who is helped; none where the owner reads.
    whom: Option<&'a str>,
    /// The providers, as a list.
    places: String,
}

/// The question above a decision, and what it means.
pub(super) fn said(facts: &ActFacts, providers: &[String], whom: Option<&str>) -> Said {
    let said = Spanish { whom, places: Language::Spanish.tongue().list(providers) };
    match facts {
        ActFacts::Appoint { name, relation, right, begins, until } => {
            said.appoint(name, relation, *right, *begins, *until)
        }
        ActFacts::EndDelegation { name } => said.end_delegation(name),
        ActFacts::RefuseStart { name } => said.refuse_start(name),
        ActFacts::SetGuardians { names, .. } if names.is_empty() => said.no_guardians(),
        ActFacts::SetGuardians { names, threshold, days } => said.guardians(names, *threshold, *days),
        ActFacts::VetoRecovery => said.veto_recovery(),
        ActFacts::Emergency { allowed: true, kinds } => said.emergency(kinds),
        ActFacts::Emergency { allowed: false, .. } => said.no_emergency(),
        ActFacts::Dispute { title, statement } => said.dispute(title.as_deref(), statement),
        ActFacts::ChangeViewingKeys => said.change_viewing_keys(),
        ActFacts::ChangeKeys => said.change_keys(),
        ActFacts::Handover { due } => said.handover(*due),
        ActFacts::Close => said.close(),
        ActFacts::ShowLife => said.show_life(),
        ActFacts::Accept => said.accept(),
        ActFacts::GiveUp => said.give_up(),
        ActFacts::AskStart => said.ask_start(),
        ActFacts::ApproveRecovery => said.approve_recovery(),
    }
}

fn days_in_words(days: u32) -> String {
    if days == 1 { "1 día".to_owned() } else { format!("{days} días") }
}

impl Spanish<'_> {
    /// The owner, as subject or object.
    fn usted(&self) -> &str {
        self.whom.unwrap_or("usted")
    }

    fn registros(&self) -> String {
        self.whom.map_or_else(|| "sus registros".to_owned(), |whom| format!("los registros de {whom}"))
    }

    /// Either of two sentences: the owner's own, or that of whoever helps.
    fn either(&self, own: &str, helped: impl Fn(&str) -> String) -> String {
        self.whom.map_or_else(|| own.to_owned(), helped)
    }

    fn appoint(&self, name: &str, relation: &str, right: Right, begins: Begins, until: Timestamp) -> Said {
        let who = if relation.is_empty() { name.to_owned() } else { format!("{name} ({relation})") };
        let (usted, registros) = (self.usted(), self.registros());
        let may = match right {
            Right::See => {
                format!(
                    "{who} puede ver {registros} y quién tiene acceso. No puede compartir ni cambiar nada."
                )
            }
            Right::Share => format!(
                "{who} puede ver {registros}, dar y retirar acceso, responder solicitudes y decir que algo está mal."
            ),
            Right::Manage => format!(
                "{who} puede decidir como {usted} sobre los accesos, fijar qué puede ver la atención de urgencias y nombrar a otras personas con menos permisos."
            ),
        };
        let begins = match begins {
            Begins::AtOnce => format!("Empieza cuando {name} acepte."),
            Begins::AfterWait { days } => format!(
                "Empieza {} después de que {name} lo pida. Hasta entonces {usted} puede decir que no.",
                days_in_words(days)
            ),
            Begins::AfterSilence { days } => {
                let days = days_in_words(days);
                self.either(
                    &format!("Empieza cuando no haya abierto esta cartera durante {days}, y se detiene de nuevo cuando la abra."),
                    |whom| {
                        format!("Empieza cuando {whom} no haya abierto su propia cartera durante {days}, y se detiene de nuevo cuando la abra.")
                    },
                )
            }
        };
        let meant = vec![
            may,
            begins,
            format!("Termina el {}.", Language::Spanish.tongue().date(until)),
            format!("Vale para {registros} con {}.", self.places),
            format!(
                "Todo lo que haga {name} se firma con su propia clave y queda en el historial de {usted}."
            ),
            self.either("Puede terminarlo cuando quiera.", |whom| {
                format!("{whom} puede terminarlo cuando quiera, y usted también.")
            }),
        ];
        let title = self.either(&format!("¿Dejar que {name} le ayude?"), |whom| {
            format!("¿Dejar que {name} ayude a {whom}?")
        });
        (title, meant)
    }

    fn end_delegation(&self, name: &str) -> Said {
        let meant = vec![
            format!(
                "{name} ya no puede actuar por {} ni ver lo que llegue desde ahora, con {}.",
                self.usted(),
                self.places
            ),
            format!("La clave de {} cambia: una copia antigua no abre nada nuevo.", self.registros()),
            format!(
                "Lo que {name} vio o decidió hasta ahora queda como está. Puede retirar cada acceso por separado."
            ),
        ];
        (format!("¿Terminar lo que puede hacer {name}?"), meant)
    }

    fn refuse_start(&self, name: &str) -> Said {
        let meant = vec![
            format!("{name} pidió empezar a actuar por {}. No empieza ahora.", self.usted()),
            format!("{name} puede pedirlo otra vez. Para impedirlo, termine el nombramiento."),
        ];
        (format!("¿Decir que no a {name}?"), meant)
    }

    fn no_guardians(&self) -> Said {
        let meant = self.either(
            "Si pierde este ordenador y sus palabras de recuperación, nadie podrá recuperar su cuenta.",
            |whom| {
                format!("Si {whom} pierde el ordenador y las palabras de recuperación, nadie podrá recuperar la cuenta.")
            },
        );
        ("¿Seguir sin guardianes?".to_owned(), vec![meant])
    }

    fn guardians(&self, names: &[String], threshold: u8, days: u32) -> Said {
        let names = Language::Spanish.tongue().list(names);
        let days = days_in_words(days);
        let meant = vec![
            self.either(
                &format!("Si pierde este ordenador y sus palabras de recuperación, {threshold} de {names} pueden juntos pasar su cuenta a claves nuevas."),
                |whom| {
                    format!("Si {whom} pierde el ordenador y las palabras de recuperación, {threshold} de {names} pueden juntos pasar la cuenta a claves nuevas.")
                },
            ),
            format!("Cuando lo hagan, {} tiene {days} para decir que no.", self.usted()),
            format!("No pueden ver {}.", self.registros()),
            self.either(&format!("Vale para sus cuentas con {}.", self.places), |whom| {
                format!("Vale para las cuentas de {whom} con {}.", self.places)
            }),
        ];
        ("¿Elegir a estos guardianes?".to_owned(), meant)
    }

    fn veto_recovery(&self) -> Said {
        let meant = vec![
            self.either("Sus guardianes quieren pasar su cuenta a claves nuevas. No se hará.", |whom| {
                format!("Los guardianes de {whom} quieren pasar la cuenta a claves nuevas. No se hará.")
            }),
            "Si no sabe por qué, hable con ellos.".to_owned(),
        ];
        ("¿Decir que no a esta recuperación?".to_owned(), meant)
    }

    fn emergency(&self, kinds: &[RecordKind]) -> Said {
        let seen = Language::Spanish.tongue().scope(&scope(kinds), self.whom);
        let see = self.either(&format!("pueden ver {seen} sin preguntarle"), |_| {
            format!("pueden ver, sin preguntar antes, {seen}")
        });
        let told =
            self.either("se le avisa a usted enseguida", |whom| format!("se avisa enseguida a {whom}"));
        let meant = vec![
            format!("Los hospitales y servicios de urgencias {see}."),
            format!("Deben dar un motivo, termina como mucho a las 72 horas, y {told}."),
            format!("Vale para {} con {}.", self.registros(), self.places),
            "Puede retirarlo cuando quiera.".to_owned(),
        ];
        ("¿Permitir que miren en una urgencia?".to_owned(), meant)
    }

    fn no_emergency(&self) -> Said {
        let before =
            if self.whom.is_some() { "si no se permitió antes" } else { "si usted no lo permitió antes" };
        let registros = self.registros();
        let meant = format!("En una urgencia nadie podrá ver {registros} con {} {before}.", self.places);
        ("¿No permitir que miren en una urgencia?".to_owned(), vec![meant])
    }

    fn dispute(&self, title: Option<&str>, statement: &[String]) -> Said {
        let what = title.map_or_else(|| "esta entrada".to_owned(), |title| format!("«{title}»"));
        let who = self.either("Usted dice", |whom| format!("Usted dice por {whom}"));
        let mut meant = vec![format!("{who} que {what}, de {}, está mal:", self.places)];
        meant.extend(statement.iter().cloned());
        meant.push(
            "El centro puede leerlo. Nada se borra: sus palabras quedan junto a la entrada.".to_owned(),
        );
        (format!("¿Decir que {what} está mal?"), meant)
    }

    fn change_viewing_keys(&self) -> Said {
        let get = self.either("Usted y quien pueda ayudarle reciben", |whom| {
            format!("{whom}, usted y los demás que puedan ayudar reciben")
        });
        let meant = format!(
            "Desde ahora, las copias antiguas de las claves no abren nada nuevo de {}. {get} las nuevas.",
            self.places
        );
        (format!("¿Cambiar las claves de {}?", self.registros()), vec![meant])
    }

    fn change_keys(&self) -> Said {
        let meant = vec![
            format!(
                "Las claves antiguas ya no firman nada, con {}. Un ordenador perdido no puede hacer nada desde entonces.",
                self.places
            ),
            "Sus palabras de recuperación nuevas lo abren todo; las antiguas, nada.".to_owned(),
            "Las personas a las que ayuda deben nombrarle de nuevo.".to_owned(),
        ];
        ("¿Pasar sus cuentas a claves nuevas?".to_owned(), meant)
    }

    fn handover(&self, due: Timestamp) -> Said {
        let day = Language::Spanish.tongue().date(due);
        let meant = vec![
            format!("Desde el {day} la cuenta es de quien le dio el código, con {}.", self.places),
            "Entonces sus claves ya no firman nada allí, y quien usted nombró deja de actuar.".to_owned(),
            "Puede adelantar el día. No puede aplazarlo ni retirar la promesa.".to_owned(),
        ];
        (format!("¿Prometer esta cuenta para el {day}?"), meant)
    }

    fn close(&self) -> Said {
        let places = &self.places;
        let records = self.either("registros suyos", |whom| format!("registros de {whom}"));
        let meant = vec![
            format!("{places} ya no puede añadir {records} aquí, y nadie puede pedir copias de allí."),
            "Lo que ya está puede seguir viéndolo. Para abrirlo de nuevo hace falta otra inscripción."
                .to_owned(),
        ];
        (format!("¿Dejar {places} para siempre?"), meant)
    }

    fn show_life(&self) -> Said {
        let meant = format!("Quien solo puede actuar por {} tras un silencio no empieza.", self.usted());
        let title =
            self.either("¿Mostrar que sigue ahí?", |whom| format!("¿Mostrar que {whom} sigue ahí?"));
        (title, vec![meant])
    }

    fn accept(&self) -> Said {
        let meant = "Podrá actuar como se le nombró. Puede dejarlo cuando quiera.".to_owned();
        (self.either("¿Aceptar ayudar?", |whom| format!("¿Aceptar ayudar a {whom}?")), vec![meant])
    }

    fn give_up(&self) -> Said {
        let meant = "Ya no verá nada nuevo ni decidirá nada.".to_owned();
        (self.either("¿Dejar de ayudar?", |whom| format!("¿Dejar de ayudar a {whom}?")), vec![meant])
    }

    fn ask_start(&self) -> Said {
        let who = self.whom.unwrap_or("la persona a la que ayuda");
        let meant = format!("La espera empieza ahora. Hasta que termine, {who} puede decir que no.");
        let title = self.either("¿Pedir empezar?", |whom| format!("¿Pedir empezar a ayudar a {whom}?"));
        (title, vec![meant])
    }

    fn approve_recovery(&self) -> Said {
        let person = self.whom.unwrap_or("la persona");
        let owner = self.whom.unwrap_or("la dueña o el dueño");
        let account = self.either("la cuenta", |whom| format!("la cuenta de {whom}"));
        let meant = vec![
            format!("Hágalo solo si habló con {person} y está seguro de quién le dio el código."),
            format!("Cuando acepten suficientes guardianes, {owner} aún tiene unos días para decir que no."),
        ];
        (format!("¿Aceptar que {account} pase a claves nuevas?"), meant)
    }
}
