//! What stands on the pages, as data for the template.

use std::collections::BTreeMap;

use medrec_protocol::Timestamp;
use serde_json::{Value, json};

use super::words::{Words, words};
use crate::{
    file::FILE_EXTENSION,
    model::{
        Basis, Delegation, Disclosure, EmergencyAccess, Entry, Future, Grant, History, Mode, Recipient,
        Relationship, What, Who,
    },
    sentences::{self, Language, Tongue, party},
    standing::Standing,
    verify::Verified,
};

struct Facts<'a> {
    history: &'a History,
    tongue: &'static dyn Tongue,
    language: Language,
    words: Words,
}

/// Everything that the pages say.
pub(super) fn of(history: &History, language: Language, verified: Option<&Verified>) -> Value {
    let facts = Facts { history, tongue: language.tongue(), language, words: words(language) };
    let whose = history.whose.clone().unwrap_or_default();
    let title = if whose.is_empty() { facts.words.title.to_owned() } else { facts.words.title_of(&whose) };
    json!({
        "lang": language.tag(),
        "words": facts.words.for_template(),
        "title": title,
        "author": if whose.is_empty() { "MedRec Wallet".to_owned() } else { whose },
        "facts": facts.head(),
        "access": facts.access(),
        "unexplained": facts.unexplained(),
        "stopped": facts.stopped(),
        "released": facts.released(),
        "disputed": facts.disputed(),
        "helpers": facts.helpers(),
        "accounts": history.relationships.iter().map(|one| facts.account(one)).collect::<Vec<_>>(),
        "check": facts.check(verified),
    })
}

impl Facts<'_> {
    /// Whose, from when to when, up to where, from which ledger.
    fn head(&self) -> Vec<[String; 2]> {
        let (history, words) = (self.history, &self.words);
        let mut facts = Vec::new();
        if let Some(whose) = &history.whose {
            facts.push([words.whose.to_owned(), format!("{whose} {}", words.whose_note)]);
        }
        let spans = || history.relationships.iter().filter_map(Relationship::span);
        if let (Some(first), Some(last)) =
            (spans().map(|span| span.0).min(), spans().map(|span| span.1).max())
        {
            facts.push([words.period.to_owned(), words.span(&self.date(first), &self.date(last))]);
        }
        let as_of = history.as_of;
        facts.push([words.as_of.to_owned(), words.at_block(&self.tongue.moment(as_of.time), as_of.height)]);
        let entries: usize = history.relationships.iter().map(|one| one.entries.len()).sum();
        let closed = self.entries().filter(|(_, entry)| !entry.what.is_open()).count();
        facts.push([words.holds.to_owned(), words.counts(history.relationships.len(), entries, closed)]);
        facts.push([
            words.ledger.to_owned(),
            format!(
                "{}, {} {}",
                history.network.chain_id,
                words.genesis,
                grouped(&history.network.genesis_hash.to_string())
            ),
        ]);
        facts
    }

    fn date(&self, time: Timestamp) -> String {
        self.tongue.date(time)
    }

    fn entries(&self) -> impl Iterator<Item = (&Relationship, &Entry)> {
        self.history.relationships.iter().flat_map(|one| one.entries.iter().map(move |entry| (one, entry)))
    }

    fn grants(&self) -> impl Iterator<Item = (&Relationship, &Entry, &Grant, Standing)> {
        self.history.relationships.iter().flat_map(move |one| {
            one.grants().map(move |(entry, grant)| {
                (one, entry, grant, one.standing(entry, grant, self.history.as_of))
            })
        })
    }

    fn permission(&self, of: &Relationship, entry: &Entry, grant: &Grant) -> Value {
        let mut what = self.tongue.scope(&grant.scope);
        if grant.future == Future::Included {
            what = format!("{what}{}", self.words.new_ones_too);
        }
        match grant.mode {
            Mode::Pull => {}
            Mode::Push => what = format!("{what}{}", self.words.delivered),
            Mode::View => what = format!("{what}{}", self.words.view_only),
        }
        json!({
            "who": party(&grant.to),
            "what": what,
            "whose": name(of),
            "from": self.date(grant.from),
            "until": self.date(grant.until),
            "entry": entry.index.to_string(),
        })
    }

    /// Who can see what at the end.
    fn access(&self) -> Vec<Value> {
        let holds =
            self.grants().filter(|(.., standing)| matches!(standing, Standing::InForce | Standing::NotYet));
        holds.map(|(of, entry, grant, _)| self.permission(of, entry, grant)).collect()
    }

    /// Permissions that hold and of which this copy does not tell what they allow.
    fn unexplained(&self) -> Vec<String> {
        let as_of = self.history.as_of;
        let all = self
            .history
            .relationships
            .iter()
            .flat_map(|of| of.unexplained(as_of).map(move |live| (of, live)));
        all.map(|(of, live)| self.words.unexplained(&name(of), live.entry, &self.date(live.until))).collect()
    }

    /// What no longer holds, and how it came to that. The same permission given many times is drawn together.
    fn stopped(&self) -> Vec<Value> {
        let over = self
            .grants()
            .filter(|(.., standing)| matches!(standing, Standing::Stopped(_) | Standing::RanOut));
        let mut rows: Vec<(Value, Vec<u64>)> = Vec::new();
        for (of, entry, grant, standing) in over {
            let mut row = self.permission(of, entry, grant);
            row["how"] = json!(self.ended(of, grant, standing));
            let same = |(known, _): &&mut (Value, Vec<u64>)| {
                ["who", "what", "whose"].into_iter().all(|column| known[column] == row[column])
            };
            match rows.iter_mut().find(same) {
                Some((known, entries)) => {
                    entries.push(entry.index);
                    known["how"] = row["how"].take();
                }
                None => rows.push((row, vec![entry.index])),
            }
        }
        rows.into_iter()
            .map(|(mut row, entries)| {
                if entries.len() > 1 {
                    let last = row["how"].as_str().unwrap_or_default();
                    row["how"] = json!(self.words.times_last(entries.len(), last));
                    row["entry"] = json!(shortened(&entries));
                }
                row
            })
            .collect()
    }

    fn ended(&self, of: &Relationship, grant: &Grant, standing: Standing) -> String {
        let on = match standing {
            Standing::Stopped(Some(by)) => of.entry(by).map(|entry| self.date(entry.time)),
            Standing::RanOut => Some(self.date(grant.until)),
            _ => None,
        };
        let how = self.tongue.standing(standing);
        on.map_or_else(|| how.clone(), |on| format!("{how}, {on}"))
    }

    /// Releases, drawn together by whose records went to whom; emergencies first, each on its own.
    fn released(&self) -> Vec<Value> {
        let mut emergencies = Vec::new();
        let mut others: BTreeMap<(String, String), (usize, usize, Timestamp)> = BTreeMap::new();
        for (of, entry) in self.entries() {
            let What::Disclosed(disclosure) = &entry.what else { continue };
            let to = self.recipient(disclosure);
            if let Basis::Emergency(reason) = &disclosure.basis {
                emergencies.push(json!({
                    "who": to,
                    "whose": name(of),
                    "times": "1",
                    "records": disclosure.records.len().to_string(),
                    "last": self.date(disclosure.at),
                    "emergency": self.words.emergency(reason, entry.index),
                }));
                continue;
            }
            let sum = others.entry((to, name(of))).or_insert((0, 0, disclosure.at));
            *sum = (sum.0 + 1, sum.1 + disclosure.records.len(), sum.2.max(disclosure.at));
        }
        let others = others.into_iter().map(|((who, whose), (times, records, last))| {
            json!({
                "who": who,
                "whose": whose,
                "times": times.to_string(),
                "records": records.to_string(),
                "last": self.date(last),
                "emergency": "",
            })
        });
        emergencies.into_iter().chain(others).collect()
    }

    fn recipient(&self, disclosure: &Disclosure) -> String {
        match &disclosure.to {
            Recipient::Patient => self.words.patient.to_owned(),
            Recipient::Delegate(person) => self.tongue.person(person),
            Recipient::Provider(provider) => party(provider),
        }
    }

    fn disputed(&self) -> Vec<String> {
        let disputes = self.entries().filter_map(|(of, entry)| match &entry.what {
            What::Disputed { entry: about, statement } => Some(self.words.dispute(
                &name(of),
                *about,
                &self.date(entry.time),
                statement,
                of.entry(*about).map(|about| sentences::entry(self.language, about, of)).as_deref(),
            )),
            _ => None,
        });
        disputes.collect()
    }

    /// Who may act for the patient at the end, whether emergencies may look without asking, who can move the account.
    fn helpers(&self) -> Vec<String> {
        self.history.relationships.iter().flat_map(|of| self.helpers_in(of)).collect()
    }

    fn helpers_in(&self, of: &Relationship) -> Vec<String> {
        let mut delegates: BTreeMap<String, (&Delegation, u64)> = BTreeMap::new();
        let (mut emergency, mut guardians, mut handover) = (None, None, None);
        for entry in &of.entries {
            match &entry.what {
                What::DelegateAppointed(delegation) => {
                    delegates.insert(delegation.delegate.address.to_string(), (delegation, entry.index));
                }
                What::DelegationEnded(person) | What::DelegationGivenUp(person) => {
                    delegates.remove(&person.address.to_string());
                }
                What::EmergencyAccessSet(access) => emergency = Some((access, entry.index)),
                What::GuardiansSet { guardians: all, .. } => {
                    guardians = (!all.is_empty()).then_some(entry);
                }
                What::HandoverSet { .. } => handover = Some(entry),
                _ => {}
            }
        }
        let holds =
            |delegation: &Delegation| delegation.until.is_none_or(|until| until >= self.history.as_of.time);
        let delegates = delegates.into_values().filter(|(delegation, _)| holds(delegation));
        let mut said: Vec<String> = delegates
            .map(|(delegation, entry)| {
                self.words.helper(
                    &name(of),
                    &self.tongue.person(&delegation.delegate),
                    self.tongue.right(delegation.right),
                    &self.tongue.activation(delegation.activation),
                    delegation.until.map(|until| self.date(until)).as_deref(),
                    entry,
                )
            })
            .collect();
        if let Some((EmergencyAccess::On(scope), entry)) = emergency {
            said.push(self.words.emergency_access(&name(of), &self.tongue.scope(scope), entry));
        }
        let standing = guardians.into_iter().chain(handover);
        said.extend(standing.map(|entry| {
            let sentence = sentences::entry(self.language, entry, of);
            self.words.in_account(&name(of), entry.index, &sentence)
        }));
        said
    }

    fn account(&self, of: &Relationship) -> Value {
        let rows: Vec<Value> = of.entries.iter().map(|entry| self.row(entry, of)).collect();
        let period = of.period;
        let complete = if period.is_whole() {
            self.words.whole(period.size)
        } else {
            self.words.part(period.from, period.to.saturating_sub(1), period.size)
        };
        json!({
            "heading": self.words.account_with(&party(&of.publisher)),
            "address": self.words.address(&of.address.to_string()),
            "complete": complete,
            "rows": rows,
        })
    }

    fn row(&self, entry: &Entry, of: &Relationship) -> Value {
        let at = sentences::utc(entry.time);
        let emergency = matches!(&entry.what, What::Disclosed(Disclosure { basis: Basis::Emergency(_), .. }));
        json!({
            "entry": entry.index.to_string(),
            "day": self.date(entry.time),
            "time": format!("{:02}:{:02}", at.hour(), at.minute()),
            "who": self.signed_by(&entry.who),
            "what": sentences::entry(self.language, entry, of),
            "look": if emergency { "emergency" } else if entry.what.is_open() { "open" } else { "closed" },
        })
    }

    fn signed_by(&self, who: &Who) -> String {
        match who {
            Who::Patient => self.words.patient.to_owned(),
            Who::Delegate(person) | Who::Guardian(person) => {
                person.name.clone().unwrap_or_else(|| self.words.somebody.to_owned())
            }
            Who::Provider(provider) => provider.name.clone().unwrap_or_else(|| provider.address.to_string()),
            Who::UnknownAgent(_) => self.words.somebody.to_owned(),
        }
    }

    fn check(&self, verified: Option<&Verified>) -> Value {
        let Some(verified) = verified else {
            return json!({ "said": [self.words.no_file], "steps": [], "digest": "", "found": [] });
        };
        let digest = grouped(&verified.digest.to_string());
        json!({
            "said": [self.words.check_said],
            "steps": self.words.steps(FILE_EXTENSION),
            "digest": digest,
            "found": sentences::verified(self.language, verified),
        })
    }
}

/// A publisher's name, short: its own section has its place.
fn name(of: &Relationship) -> String {
    of.publisher.name.clone().unwrap_or_else(|| of.publisher.address.to_string())
}

/// Numbers of entries, with the middle left out of a long list.
fn shortened(entries: &[u64]) -> String {
    match entries {
        [first, .., last] if entries.len() > 4 => format!("{first} … {last}"),
        few => few.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Hexadecimal digits in groups of eight, for eyes.
fn grouped(digits: &str) -> String {
    let groups: Vec<&str> =
        (0..digits.len()).step_by(8).filter_map(|at| digits.get(at..(at + 8).min(digits.len()))).collect();
    groups.join(" ")
}
