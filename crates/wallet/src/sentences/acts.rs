//! What decisions beside giving access mean, in English and Spanish, and the letter about a wrong entry.

use std::collections::BTreeMap;

use medrec_protocol::{RecordKind, Timestamp};

use super::{Language, SeenScope};
use crate::view::{Begins, Right, Sentence, SentenceCode};

/// A decision, as it was read back from the bytes to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActFacts {
    /// A delegate is appointed.
    Appoint {
        /// Name.
        name: String,
        /// What the delegate is to the patient; may be empty.
        relation: String,
        /// How much the delegate may do.
        right: Right,
        /// When it begins to count.
        begins: Begins,
        /// Last second.
        until: Timestamp,
    },
    /// A delegation ends.
    EndDelegation {
        /// Name.
        name: String,
    },
    /// A delegation does not begin.
    RefuseStart {
        /// Name.
        name: String,
    },
    /// Guardians are chosen, or none.
    SetGuardians {
        /// Names.
        names: Vec<String>,
        /// How many must agree.
        threshold: u8,
        /// Days in which the patient can say no.
        days: u32,
    },
    /// A recovery is refused.
    VetoRecovery,
    /// A rule for emergencies.
    Emergency {
        /// Allowed at all?
        allowed: bool,
        /// Which kinds; none means everything.
        kinds: Vec<RecordKind>,
    },
    /// An entry is disputed.
    Dispute {
        /// Title of the record, if it is one.
        title: Option<String>,
        /// What is wrong.
        statement: Vec<String>,
    },
    /// The viewing keys change.
    ChangeViewingKeys,
    /// The owner's keys change.
    ChangeKeys,
    /// A child's account is promised to the child.
    Handover {
        /// First second in which it belongs to the child.
        due: Timestamp,
    },
    /// A relationship is closed.
    Close,
    /// A sign of life.
    ShowLife,
    /// A delegate accepts.
    Accept,
    /// A delegate gives up.
    GiveUp,
    /// A delegate asks for a beginning.
    AskStart,
    /// A guardian agrees to a recovery.
    ApproveRecovery,
}

/// What a letter is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisputedThing {
    /// A record.
    Record {
        /// Its title.
        title: String,
    },
    /// A look at records.
    LookUp {
        /// Person or role that looked; may be empty.
        by: String,
        /// The reason that was given; may be empty.
        reason: String,
    },
    /// Any other entry.
    Entry {
        /// The ledger's word for it.
        action: String,
    },
}

fn sentence(text: String) -> Sentence {
    Sentence { code: SentenceCode::Act, args: BTreeMap::new(), values: BTreeMap::new(), text }
}

/// The question above a decision, and what it means. `whom` is the person for whom a delegate acts.
pub fn act(
    language: Language,
    facts: &ActFacts,
    providers: &[String],
    whom: Option<&str>,
) -> (Sentence, Vec<Sentence>) {
    let (title, said) = match language {
        Language::English => english(facts, providers),
        Language::Spanish => spanish(facts, providers),
    };
    let (title, mut said) = (sentence(title), said.into_iter().map(sentence).collect::<Vec<_>>());
    said.extend(whom.map(|whom| for_whom(language, whom)));
    (title, said)
}

/// For whom a delegate signs.
pub fn for_whom(language: Language, whom: &str) -> Sentence {
    sentence(match language {
        Language::English => {
            format!(
                "You sign this for {whom}, with your own key. It stands in their history under your name."
            )
        }
        Language::Spanish => {
            format!("Lo firma por {whom}, con su propia clave. Queda en su historial con el nombre de usted.")
        }
    })
}

fn scope(kinds: &[RecordKind]) -> SeenScope {
    if kinds.is_empty() { SeenScope::Everything } else { SeenScope::Kinds(kinds.to_vec()) }
}

fn english(facts: &ActFacts, providers: &[String]) -> (String, Vec<String>) {
    let tongue = Language::English.tongue();
    let places = tongue.list(providers);
    let count = |number: u32, one: &str, many: &str| {
        if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
    };
    match facts {
        ActFacts::Appoint { name, relation, right, begins, until } => {
            let who = if relation.is_empty() { name.clone() } else { format!("{name} ({relation})") };
            let mut said = vec![match right {
                Right::See => format!(
                    "{who} can see your records and who has access. {name} cannot share or change anything."
                ),
                Right::Share => format!(
                    "{who} can see your records, give and stop access, answer requests, and say that something is wrong."
                ),
                Right::Manage => format!(
                    "{who} can do everything that you can do about sharing, set what emergency care may see, and appoint others with fewer rights."
                ),
            }];
            said.push(match begins {
                Begins::AtOnce => format!("It begins when {name} accepts."),
                Begins::AfterWait { days } => format!(
                    "It begins {} after {name} asks for it. Until then you can say no.",
                    count(*days, "day", "days")
                ),
                Begins::AfterSilence { days } => format!(
                    "It begins when this wallet was not opened for {}, and rests again when you open it.",
                    count(*days, "day", "days")
                ),
            });
            said.push(format!("It ends on {}.", tongue.date(*until)));
            said.push(format!("It is for your records with {places}."));
            said.push(format!(
                "Everything {name} does is signed with {name}'s own key and stands in your history."
            ));
            said.push("You can end it at any time.".to_owned());
            (format!("Let {name} help you?"), said)
        }
        ActFacts::EndDelegation { name } => (
            format!("End what {name} may do?"),
            vec![
                format!("{name} can no longer act for you or see what comes from now on, with {places}."),
                "The key to your records changes, so an old copy of it opens nothing new.".to_owned(),
                format!(
                    "What {name} has seen or decided until now stays as it is. You can stop any access separately."
                ),
            ],
        ),
        ActFacts::RefuseStart { name } => (
            format!("Say no to {name}?"),
            vec![
                format!("{name} has asked to begin acting for you. That does not begin now."),
                format!("{name} may ask again. To rule that out, end the appointment."),
            ],
        ),
        ActFacts::SetGuardians { names, .. } if names.is_empty() => (
            "Do without guardians?".to_owned(),
            vec![
                "If you lose this computer and your recovery words, nobody can bring your account back."
                    .to_owned(),
            ],
        ),
        ActFacts::SetGuardians { names, threshold, days } => (
            "Choose these guardians?".to_owned(),
            vec![
                format!(
                    "If you lose this computer and your recovery words, {threshold} of {} together can move your account to new keys.",
                    tongue.list(names)
                ),
                format!("When they do, you have {} to say no.", count(*days, "day", "days")),
                "They cannot see your records.".to_owned(),
                format!("It is for your accounts with {places}."),
            ],
        ),
        ActFacts::VetoRecovery => (
            "Say no to this recovery?".to_owned(),
            vec![
                "Your guardians want to move your account to new keys. That does not happen.".to_owned(),
                "If you do not know why they want it, talk to them.".to_owned(),
            ],
        ),
        ActFacts::Emergency { allowed: true, kinds } => (
            "Allow a look in an emergency?".to_owned(),
            vec![
                format!(
                    "Hospitals and services that give emergency care may see {} without asking you.",
                    tongue.scope(&scope(kinds), None)
                ),
                "They must give a reason, it ends after 72 hours at the latest, and you are told at once."
                    .to_owned(),
                format!("It is for your records with {places}."),
                "You can stop this at any time.".to_owned(),
            ],
        ),
        ActFacts::Emergency { allowed: false, .. } => (
            "Allow no look in an emergency?".to_owned(),
            vec![format!(
                "In an emergency nobody can see your records with {places} unless you allowed it before."
            )],
        ),
        ActFacts::Dispute { title, statement } => {
            let what = title.as_ref().map_or_else(|| "this entry".to_owned(), |title| format!("“{title}”"));
            let mut said = vec![format!("You say that {what} from {places} is wrong:")];
            said.extend(statement.iter().cloned());
            said.push(
                "The provider can read this. Nothing is erased: your words stand beside the entry."
                    .to_owned(),
            );
            (format!("Say that {what} is wrong?"), said)
        }
        ActFacts::ChangeViewingKeys => (
            "Change the keys to your records?".to_owned(),
            vec![format!(
                "From now on, old copies of the keys open nothing new from {places}. You and everybody who may help you get the new ones."
            )],
        ),
        ActFacts::ChangeKeys => (
            "Move your accounts to new keys?".to_owned(),
            vec![
                format!(
                    "The old keys sign nothing more, with {places}. A lost computer can do nothing from then on."
                ),
                "Your new recovery words open everything; the old ones open nothing.".to_owned(),
                "People whom you help must appoint you again.".to_owned(),
            ],
        ),
        ActFacts::Handover { due } => (
            format!("Promise this account for {}?", tongue.date(*due)),
            vec![
                format!(
                    "From {} on the account belongs to whoever gave you the code, with {places}.",
                    tongue.date(*due)
                ),
                "Then your keys sign nothing more there, and whoever you appointed acts no more.".to_owned(),
                "You can bring the day forward. You cannot put it off or take the promise back.".to_owned(),
            ],
        ),
        ActFacts::Close => (
            format!("Leave {places} for good?"),
            vec![
                format!(
                    "{places} can add no more records for you here, and nobody can fetch copies from there."
                ),
                "What is there already you can still see. Opening it again needs a new enrolment.".to_owned(),
            ],
        ),
        ActFacts::ShowLife => (
            "Show that you are there?".to_owned(),
            vec!["People who may act for you only after a silence do not begin.".to_owned()],
        ),
        ActFacts::Accept => (
            "Accept to help?".to_owned(),
            vec!["You may then act as you were appointed. You can give it up at any time.".to_owned()],
        ),
        ActFacts::GiveUp => (
            "Give up helping?".to_owned(),
            vec!["You can then see nothing new and decide nothing any more.".to_owned()],
        ),
        ActFacts::AskStart => (
            "Ask to begin?".to_owned(),
            vec!["The wait begins now. Until it is over, the person whom you help can say no.".to_owned()],
        ),
        ActFacts::ApproveRecovery => (
            "Agree that the account moves to new keys?".to_owned(),
            vec![
                "Do this only if you have spoken with the person and are sure who gave you the code."
                    .to_owned(),
                "When enough guardians agree, the owner still has some days to say no.".to_owned(),
            ],
        ),
    }
}

fn spanish(facts: &ActFacts, providers: &[String]) -> (String, Vec<String>) {
    let tongue = Language::Spanish.tongue();
    let places = tongue.list(providers);
    let days_in_words = |days: u32| if days == 1 { "1 día".to_owned() } else { format!("{days} días") };
    match facts {
        ActFacts::Appoint { name, relation, right, begins, until } => {
            let who = if relation.is_empty() { name.clone() } else { format!("{name} ({relation})") };
            let mut said = vec![match right {
                Right::See => format!("{who} puede ver sus registros y quién tiene acceso. No puede compartir ni cambiar nada."),
                Right::Share => format!("{who} puede ver sus registros, dar y retirar acceso, responder solicitudes y decir que algo está mal."),
                Right::Manage => format!("{who} puede decidir como usted sobre los accesos, fijar qué puede ver la atención de urgencias y nombrar a otras personas con menos permisos."),
            }];
            said.push(match begins {
                Begins::AtOnce => format!("Empieza cuando {name} acepte."),
                Begins::AfterWait { days } => format!("Empieza {} después de que {name} lo pida. Hasta entonces usted puede decir que no.", days_in_words(*days)),
                Begins::AfterSilence { days } => format!("Empieza cuando no haya abierto esta cartera durante {}, y se detiene de nuevo cuando la abra.", days_in_words(*days)),
            });
            said.push(format!("Termina el {}.", tongue.date(*until)));
            said.push(format!("Vale para sus registros con {places}."));
            said.push(format!("Todo lo que haga {name} se firma con su propia clave y queda en el historial de usted."));
            said.push("Puede terminarlo cuando quiera.".to_owned());
            (format!("¿Dejar que {name} le ayude?"), said)
        }
        ActFacts::EndDelegation { name } => (
            format!("¿Terminar lo que puede hacer {name}?"),
            vec![
                format!("{name} ya no puede actuar por usted ni ver lo que llegue desde ahora, con {places}."),
                "La clave de sus registros cambia: una copia antigua no abre nada nuevo.".to_owned(),
                format!("Lo que {name} vio o decidió hasta ahora queda como está. Puede retirar cada acceso por separado."),
            ],
        ),
        ActFacts::RefuseStart { name } => (
            format!("¿Decir que no a {name}?"),
            vec![format!("{name} pidió empezar a actuar por usted. No empieza ahora."), format!("{name} puede pedirlo otra vez. Para impedirlo, termine el nombramiento.")],
        ),
        ActFacts::SetGuardians { names, .. } if names.is_empty() => (
            "¿Seguir sin guardianes?".to_owned(),
            vec!["Si pierde este ordenador y sus palabras de recuperación, nadie podrá recuperar su cuenta.".to_owned()],
        ),
        ActFacts::SetGuardians { names, threshold, days } => (
            "¿Elegir a estos guardianes?".to_owned(),
            vec![
                format!("Si pierde este ordenador y sus palabras de recuperación, {threshold} de {} pueden juntos pasar su cuenta a claves nuevas.", tongue.list(names)),
                format!("Cuando lo hagan, usted tiene {} para decir que no.", days_in_words(*days)),
                "No pueden ver sus registros.".to_owned(),
                format!("Vale para sus cuentas con {places}."),
            ],
        ),
        ActFacts::VetoRecovery => (
            "¿Decir que no a esta recuperación?".to_owned(),
            vec!["Sus guardianes quieren pasar su cuenta a claves nuevas. No se hará.".to_owned(), "Si no sabe por qué, hable con ellos.".to_owned()],
        ),
        ActFacts::Emergency { allowed: true, kinds } => (
            "¿Permitir que miren en una urgencia?".to_owned(),
            vec![
                format!("Los hospitales y servicios de urgencias pueden ver {} sin preguntarle.", tongue.scope(&scope(kinds), None)),
                "Deben dar un motivo, termina como mucho a las 72 horas, y se le avisa enseguida.".to_owned(),
                format!("Vale para sus registros con {places}."),
                "Puede retirarlo cuando quiera.".to_owned(),
            ],
        ),
        ActFacts::Emergency { allowed: false, .. } => (
            "¿No permitir que miren en una urgencia?".to_owned(),
            vec![format!("En una urgencia nadie podrá ver sus registros con {places} si usted no lo permitió antes.")],
        ),
        ActFacts::Dispute { title, statement } => {
            let what = title.as_ref().map_or_else(|| "esta anotación".to_owned(), |title| format!("«{title}»"));
            let mut said = vec![format!("Usted dice que {what}, de {places}, está mal:")];
            said.extend(statement.iter().cloned());
            said.push("El centro puede leerlo. Nada se borra: sus palabras quedan junto a la anotación.".to_owned());
            (format!("¿Decir que {what} está mal?"), said)
        }
        ActFacts::ChangeViewingKeys => (
            "¿Cambiar las claves de sus registros?".to_owned(),
            vec![format!("Desde ahora, las copias antiguas de las claves no abren nada nuevo de {places}. Usted y quien pueda ayudarle reciben las nuevas.")],
        ),
        ActFacts::ChangeKeys => (
            "¿Pasar sus cuentas a claves nuevas?".to_owned(),
            vec![format!("Las claves antiguas ya no firman nada, con {places}. Un ordenador perdido no puede hacer nada desde entonces."), "Sus palabras de recuperación nuevas lo abren todo; las antiguas, nada.".to_owned(), "Las personas a las que ayuda deben nombrarle de nuevo.".to_owned()],
        ),
        ActFacts::Handover { due } => (
            format!("¿Prometer esta cuenta para el {}?", tongue.date(*due)),
            vec![
                format!("Desde el {} la cuenta es de quien le dio el código, con {places}.", tongue.date(*due)),
                "Entonces sus claves ya no firman nada allí, y quien usted nombró deja de actuar.".to_owned(),
                "Puede adelantar el día. No puede aplazarlo ni retirar la promesa.".to_owned(),
            ],
        ),
        ActFacts::Close => (
            format!("¿Dejar {places} para siempre?"),
            vec![format!("{places} ya no puede añadir registros suyos aquí, y nadie puede pedir copias de allí."), "Lo que ya está puede seguir viéndolo. Para abrirlo de nuevo hace falta otra inscripción.".to_owned()],
        ),
        ActFacts::ShowLife => ("¿Mostrar que sigue ahí?".to_owned(), vec!["Quien solo puede actuar por usted tras un silencio no empieza.".to_owned()]),
        ActFacts::Accept => ("¿Aceptar ayudar?".to_owned(), vec!["Podrá actuar como se le nombró. Puede dejarlo cuando quiera.".to_owned()]),
        ActFacts::GiveUp => ("¿Dejar de ayudar?".to_owned(), vec!["Ya no verá nada nuevo ni decidirá nada.".to_owned()]),
        ActFacts::AskStart => ("¿Pedir empezar?".to_owned(), vec!["La espera empieza ahora. Hasta que termine, la persona a la que ayuda puede decir que no.".to_owned()]),
        ActFacts::ApproveRecovery => (
            "¿Aceptar que la cuenta pase a claves nuevas?".to_owned(),
            vec!["Hágalo solo si habló con la persona y está seguro de quién le dio el código.".to_owned(), "Cuando acepten suficientes guardianes, la dueña o el dueño aún tiene unos días para decir que no.".to_owned()],
        ),
    }
}

/// A letter to a provider about a wrong entry.
pub fn letter(
    language: Language,
    who: &str,
    provider: &str,
    thing: &DisputedThing,
    at: Timestamp,
    position: u64,
    statement: &str,
) -> String {
    let date = language.tongue().date(at);
    match language {
        Language::English => {
            let what = match thing {
                DisputedThing::Record { title } => format!("the record “{title}”, published on {date}"),
                DisputedThing::LookUp { by, reason } => {
                    let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
                    let reason = if reason.is_empty() {
                        String::new()
                    } else {
                        format!(", for the stated reason “{reason}”")
                    };
                    format!("the look at my records{by} on {date}{reason}")
                }
                DisputedThing::Entry { action } => format!("the entry “{action}” of {date}"),
            };
            format!(
                "To: {provider}\n\nI am {who}. This is about {what} (entry {position} of my log with you).\n\n{statement}\n\nPlease check this, correct what is wrong, and tell me in writing what you found and what you did. If you think that nothing is wrong, please tell me why, and keep this letter with the record.\n\n{who}\n"
            )
        }
        Language::Spanish => {
            let what = match thing {
                DisputedThing::Record { title } => format!("el registro «{title}», publicado el {date}"),
                DisputedThing::LookUp { by, reason } => {
                    let by = if by.is_empty() { String::new() } else { format!(" por {by}") };
                    let reason = if reason.is_empty() {
                        String::new()
                    } else {
                        format!(", con el motivo «{reason}»")
                    };
                    format!("la consulta de mis registros{by} el {date}{reason}")
                }
                DisputedThing::Entry { action } => format!("la anotación «{action}» del {date}"),
            };
            format!(
                "A: {provider}\n\nSoy {who}. Escribo por {what} (anotación {position} de mi registro con ustedes).\n\n{statement}\n\nLes pido que lo comprueben, que corrijan lo que esté mal y que me digan por escrito qué encontraron y qué hicieron. Si creen que no hay nada mal, díganme por qué y guarden esta carta con el registro.\n\n{who}\n"
            )
        }
    }
}
