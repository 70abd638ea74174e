//! FHIR's dates, which may be as coarse as a year (FHIR R4, datatypes: `date`, `dateTime`, `instant`).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use crate::error::DateError;

/// Longest text that is read as a date: `2026-09-14T10:30:00.123456789+01:00` and some slack.
const MAX_TEXT_BYTES: usize = 40;

/// Greatest offset from UTC that FHIR allows: 14 hours.
const MAX_OFFSET_MINUTES: i16 = 14 * 60;

/// A year, a month, a day, or a moment with its offset from UTC: as precise as it was stated, never more.
///
/// **Order**: by the first moment that the value covers (dates without a zone are taken as UTC); of two that
/// begin together the coarser one comes first, so `2026` < `2026-01` < `2026-01-01` < `2026-01-01T00:00:00Z`;
/// two names of one moment are ordered by offset. The order is total and agrees with equality.
///
/// **Display** is the ISO 8601 form that FHIR uses, and reads back to an equal value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PartialDate(Form);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Year(Date),
    Month(Date),
    Day(Date),
    Moment { local: DateTime, offset_minutes: i16 },
}

/// How precisely a [`PartialDate`] was stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// `2026`
    Year,
    /// `2026-09`
    Month,
    /// `2026-09-14`
    Day,
    /// `2026-09-14T10:30:00+01:00`
    Moment,
}

impl PartialDate {
    /// A calendar day.
    ///
    /// # Errors
    /// [`DateError`] if there is no such day in the years 1 to 9999.
    pub fn day(year: i16, month: i8, day: i8) -> Result<Self, DateError> {
        checked_date(year, month, day).map(|date| Self(Form::Day(date)))
    }

    /// How precisely the date was stated.
    pub fn precision(&self) -> Precision {
        match self.0 {
            Form::Year(_) => Precision::Year,
            Form::Month(_) => Precision::Month,
            Form::Day(_) => Precision::Day,
            Form::Moment { .. } => Precision::Moment,
        }
    }

    /// The stated year.
    pub fn year(&self) -> i16 {
        match self.0 {
            Form::Year(date) | Form::Month(date) | Form::Day(date) => date.year(),
            Form::Moment { local, .. } => local.year(),
        }
    }

    /// The value without what is finer than a day, as it stood on the calendar where it was written.
    pub fn to_day_or_coarser(&self) -> Self {
        match self.0 {
            Form::Moment { local, .. } => Self(Form::Day(local.date())),
            Form::Year(_) | Form::Month(_) | Form::Day(_) => *self,
        }
    }

    /// The first second that the value covers, in Unix time; dates without a zone are taken as UTC.
    pub fn first_second(&self) -> i64 {
        self.begin().as_secs()
    }

    fn begin(&self) -> SignedDuration {
        let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
        match self.0 {
            Form::Year(date) | Form::Month(date) | Form::Day(date) => {
                date.to_datetime(Time::midnight()).duration_since(epoch)
            }
            Form::Moment { local, offset_minutes } => {
                local.duration_since(epoch) - SignedDuration::from_mins(i64::from(offset_minutes))
            }
        }
    }

    fn offset_minutes(&self) -> i16 {
        match self.0 {
            Form::Moment { offset_minutes, .. } => offset_minutes,
            Form::Year(_) | Form::Month(_) | Form::Day(_) => 0,
        }
    }
}

impl Ord for PartialDate {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |date: &Self| (date.begin(), date.precision(), date.offset_minutes());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for PartialDate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Year(date) => write!(f, "{:04}", date.year()),
            Form::Month(date) => write!(f, "{:04}-{:02}", date.year(), date.month()),
            Form::Day(date) => write!(f, "{date}"),
            Form::Moment { local, offset_minutes: 0 } => write!(f, "{local}Z"),
            Form::Moment { local, offset_minutes } => {
                let sign = if offset_minutes < 0 { '-' } else { '+' };
                let minutes = offset_minutes.unsigned_abs();
                write!(f, "{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

impl FromStr for PartialDate {
    type Err = DateError;

    /// Reads FHIR's `date`, `dateTime` and `instant`. Two leniencies for real servers: a time without seconds is
    /// read as the whole minute, and a time without an offset is kept as its day, since the moment is unknown.
    fn from_str(text: &str) -> Result<Self, DateError> {
        if text.len() > MAX_TEXT_BYTES || !text.is_ascii() {
            return Err(DateError);
        }
        match text.split_once('T') {
            None => date_form(text).map(Self),
            Some((date, time)) => {
                let Form::Day(date) = date_form(date)? else { return Err(DateError) };
                moment_form(date, time).map(Self)
            }
        }
    }
}

fn date_form(text: &str) -> Result<Form, DateError> {
    let mut parts = text.split('-');
    let year = digits(parts.next(), 4)?;
    let Some(month) = parts.next() else { return checked_date(year, 1, 1).map(Form::Year) };
    let month = short(digits(Some(month), 2)?)?;
    let Some(day) = parts.next() else { return checked_date(year, month, 1).map(Form::Month) };
    let day = short(digits(Some(day), 2)?)?;
    if parts.next().is_some() {
        return Err(DateError);
    }
    checked_date(year, month, day).map(Form::Day)
}

fn moment_form(date: Date, text: &str) -> Result<Form, DateError> {
    let (clock, offset_minutes) = match text.find(['Z', '+', '-']) {
        None => (text, None),
        Some(at) => (&text[..at], Some(offset(&text[at..])?)),
    };
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, part)| (clock, Some(part)));
    let mut parts = clock.split(':');
    let hour = short(digits(parts.next(), 2)?)?;
    let minute = short(digits(parts.next(), 2)?)?;
    let second = parts.next().map_or(Ok(0), |second| short(digits(Some(second), 2)?))?;
    if parts.next().is_some() || second > 60 {
        return Err(DateError);
    }
    let nanos = fraction.map_or(Ok(0), nanoseconds)?;
    // A leap second has no number of its own in Unix time: it is kept as the second before it.
    let time = Time::new(hour, minute, second.min(59), nanos).map_err(|_| DateError)?;
    Ok(match offset_minutes {
        Some(offset_minutes) => Form::Moment { local: date.to_datetime(time), offset_minutes },
        None => Form::Day(date),
    })
}

/// `Z`, or `+hh:mm` / `-hh:mm` up to 14 hours.
fn offset(text: &str) -> Result<i16, DateError> {
    if text == "Z" {
        return Ok(0);
    }
    let (sign, rest) = text.split_at(1);
    let (hours, minutes) = rest.split_once(':').ok_or(DateError)?;
    let (hours, minutes) = (digits(Some(hours), 2)?, digits(Some(minutes), 2)?);
    let total = hours * 60 + minutes;
    if minutes > 59 || total > MAX_OFFSET_MINUTES {
        return Err(DateError);
    }
    Ok(if sign == "-" { -total } else { total })
}

/// A decimal fraction of a second, cut (not rounded) to nanoseconds.
fn nanoseconds(text: &str) -> Result<i32, DateError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DateError);
    }
    format!("{text:0<9.9}").parse().map_err(|_| DateError)
}

fn digits(text: Option<&str>, width: usize) -> Result<i16, DateError> {
    let text = text.filter(|text| text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit()));
    text.and_then(|text| text.parse().ok()).ok_or(DateError)
}

fn short(number: i16) -> Result<i8, DateError> {
    i8::try_from(number).map_err(|_| DateError)
}

fn checked_date(year: i16, month: i8, day: i8) -> Result<Date, DateError> {
    if year < 1 {
        return Err(DateError);
    }
    Date::new(year, month, day).map_err(|_| DateError)
}
