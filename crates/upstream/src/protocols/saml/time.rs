//! Moments as XML Schema writes them (`xs:dateTime`; SAML 2.0 Core §1.3.3: in UTC).
use domain::{Micros, SECOND};

/// Days from 1970-01-01 to a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the day that some have comes last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let only = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    if only { text.parse().ok() } else { None }
}

/// The moment that a text names, to the microsecond; `None` for what is none, and for one without a zone.
pub fn read(text: &str) -> Option<Micros> {
    let text = text.trim();
    let (date, rest) = text.split_once('T')?;
    let mut date = date.splitn(3, '-');
    let (year, month, day) =
        (number(date.next()?, 4)?, number(date.next()?, 2)?, number(date.next()?, 2)?);
    let at = rest.find(['Z', '+', '-'])?;
    let (clock, zone) = rest.split_at_checked(at)?;
    let offset = match zone {
        "Z" => 0,
        zone => {
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let minutes = number(hours, 2)? * 60 + number(minutes, 2)?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.splitn(3, ':');
    let (hour, minute, second) =
        (number(clock.next()?, 2)?, number(clock.next()?, 2)?, number(clock.next()?, 2)?);
    if fraction.is_empty()
        || fraction.len() > 20
        || !fraction.bytes().all(|b| b.is_ascii_digit())
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || !(1900..=9999).contains(&year)
        || hour > 23
        || minute > 59
        || second > 60
        || offset.abs() > 14 * 60
    {
        return None;
    }
    let micros = format!("{fraction:0<6}").get(..6)?.parse::<i64>().ok()?;
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + (minute - offset) * 60 + second;
    seconds.checked_mul(SECOND)?.checked_add(micros)
}

/// A moment in UTC, to the second.
pub fn write(at: Micros) -> String {
    let seconds = at.div_euclid(SECOND);
    let (day, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_spelling_of_the_schema() {
        for (text, seconds, micros) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2000-02-29T12:00:00Z", 951_825_600, 0),
            ("2026-11-30T20:56:44.5Z", 1_796_072_204, 500_000),
            ("2026-11-30T21:56:44.123456789+01:00", 1_796_072_204, 123_456),
            ("2026-11-30T15:26:44-05:30", 1_796_072_204, 0),
            (" 2027-01-15T08:00:00Z ", 1_800_000_000, 0),
        ] {
            assert_eq!(read(text), Some(seconds * SECOND + micros), "{text}");
        }
        for bad in [
            "",
            "2026-11-30",
            "2026-11-30T20:56:44",
            "2026-13-30T20:56:44Z",
            "2026-11-30T24:56:44Z",
            "2026-11-30T20:56Z",
            "2026-11-30T20:56:44.Z",
            "+026-11-30T20:56:44Z",
            "2026-11-30T20:56:44Zx",
            "2026-11-30T20:56:44+99:00",
            "99999-11-30T20:56:44Z",
            "2026-11-30T20:56:44é",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        assert_eq!(write(1_796_072_204 * SECOND + 7), "2026-11-30T20:56:44Z");
        for day in (-20_000..40_000).step_by(7) {
            let at = (day * 86_400 + 3_723) * SECOND;
            assert_eq!(read(&write(at)), Some(at), "{}", write(at));
        }
    }
}
