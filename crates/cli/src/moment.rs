//! Times: local and in words for people, seconds and ISO 8601 for programs.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Where and when the reader is. An argument of everything that renders times, so that tests stand still.
#[derive(Clone, Debug)]
pub struct Here {
    now: u64,
    zone: TimeZone,
}

impl Here {
    /// This computer, now.
    pub fn and_now() -> Self {
        Self { now: u64::try_from(Timestamp::now().as_second()).unwrap_or(0), zone: TimeZone::system() }
    }

    #[cfg(test)]
    pub fn at(now: u64, hours_east: i8) -> Self {
        Self { now, zone: TimeZone::fixed(jiff::tz::offset(hours_east)) }
    }

    /// "4 May 2026".
    pub fn day(&self, seconds: u64) -> String {
        self.format(seconds, "%-d %b %Y")
    }

    /// "4 May 2026, 14:05".
    pub fn minute(&self, seconds: u64) -> String {
        self.format(seconds, "%-d %b %Y, %H:%M")
    }

    /// "2 minutes ago".
    pub fn ago(&self, seconds: u64) -> String {
        let passed = self.now.saturating_sub(seconds);
        let (count, unit) = match passed {
            0..=59 => return "just now".to_owned(),
            60..=3_599 => (passed / 60, "minute"),
            3_600..=86_399 => (passed / 3_600, "hour"),
            _ => (passed / 86_400, "day"),
        };
        format!("{} ago", counted(count, unit))
    }

    fn format(&self, seconds: u64, form: &str) -> String {
        match instant(seconds) {
            Some(time) => time.to_zoned(self.zone.clone()).strftime(form).to_string(),
            None => "a time that no calendar holds".to_owned(),
        }
    }
}

/// ISO 8601 in UTC, none for a time that no calendar holds.
pub fn iso(seconds: u64) -> Option<String> {
    instant(seconds).map(|time| time.to_string())
}

fn instant(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// A date as a record states it, perhaps partial (FHIR `dateTime`): its day, month or year, where it was stated. What
/// is no such date is shown as it stands.
pub fn stated(date: &str) -> String {
    let day = date.get(..10).filter(|_| matches!(date.as_bytes().get(10), None | Some(b'T')));
    if let Some(day) = day.and_then(|day| day.parse::<Date>().ok()) {
        return day.strftime("%-d %b %Y").to_string();
    }
    let month = (date.len() == 7).then(|| format!("{date}-01")).and_then(|first| first.parse::<Date>().ok());
    month.map_or_else(|| date.to_owned(), |month| month.strftime("%b %Y").to_string())
}

/// "1 record", "2 records".
pub fn counted(count: u64, unit: &str) -> String {
    match (count, unit.strip_suffix('y')) {
        (1, _) => format!("1 {unit}"),
        (_, Some(stem)) if !unit.ends_with("ay") => format!("{count} {stem}ies"),
        _ => format!("{count} {unit}s"),
    }
}

/// "1.4 MB": decimal units, as disks and mail programs count.
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..=999 => return counted(bytes, "byte"),
        1_000..=999_949 => (1_000, "kB"),
        999_950..=999_949_999 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = (u128::from(bytes) * 10 + unit / 2) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOURTH_OF_MAY: u64 = 1_777_896_300; // 2026-05-04T12:05:00Z

    #[test]
    fn people_read_times_where_they_are_and_programs_in_utc() {
        let here = Here::at(FOURTH_OF_MAY + 130, 2);
        assert_eq!(here.minute(FOURTH_OF_MAY), "4 May 2026, 14:05");
        assert_eq!(here.day(FOURTH_OF_MAY), "4 May 2026");
        assert_eq!(iso(FOURTH_OF_MAY).as_deref(), Some("2026-05-04T12:05:00Z"));
        assert_eq!(here.ago(FOURTH_OF_MAY), "2 minutes ago");
        assert_eq!(here.ago(FOURTH_OF_MAY + 100), "just now");
        assert_eq!(here.ago(FOURTH_OF_MAY - 3_600), "1 hour ago");
        assert_eq!(here.ago(FOURTH_OF_MAY - 3 * 86_400), "3 days ago");
    }

    #[test]
    fn a_time_beyond_every_calendar_is_named_as_such() {
        assert_eq!(Here::at(0, 0).day(u64::MAX), "a time that no calendar holds");
        assert_eq!(iso(u64::MAX), None);
    }

    #[test]
    fn stated_dates_are_shown_as_exactly_as_they_are_known() {
        assert_eq!(stated("2026-07-06T09:45:00+01:00"), "6 Jul 2026");
        assert_eq!(stated("2026-07-06"), "6 Jul 2026");
        assert_eq!(stated("2026-07"), "Jul 2026");
        assert_eq!(stated("2026"), "2026");
        for odd in ["2026-13", "2026-02-30", "2026-07-06 or so", "last May", "", "日本語の日付です"] {
            assert_eq!(stated(odd), odd);
        }
    }

    #[test]
    fn counts_and_sizes_read_well() {
        assert_eq!(counted(1, "copy"), "1 copy");
        assert_eq!(counted(0, "copy"), "0 copies");
        assert_eq!(counted(2, "day"), "2 days");
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_449), "1.4 kB");
        assert_eq!(size(999_949), "999.9 kB");
        assert_eq!(size(999_950), "1.0 MB");
        assert_eq!(size(u64::MAX), "18446744073.7 GB");
    }
}
