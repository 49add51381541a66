//! Codes that people type: eight characters of Crockford's base 32, 40 bits.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Lifetime of a code: ten minutes.
pub const TTL: crate::Micros = 10 * crate::MINUTE;
/// Tries of an attempt, unless the policy wants fewer; the service counts them (`compare_code`).
pub const TRIES: i32 = 3;

/// Writes random bytes as a code, one character a byte: five bits each, or a digit.
#[must_use]
pub fn encode(random: &[u8]) -> String {
    random
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte & 31)))
        .map(|c| char::from(*c))
        .collect()
}

/// Writes random bytes as digits. Bytes from 250 on are skipped, so that no digit is likelier than another.
#[must_use]
pub fn digits(random: &[u8]) -> String {
    random
        .iter()
        .filter(|byte| **byte < 250)
        .filter_map(|byte| char::from_digit(u32::from(byte % 10), 10))
        .collect()
}

/// The code as it is shown, in groups of four: `K7QM-3XRD`.
#[must_use]
pub fn grouped(code: &str) -> String {
    let all: Vec<char> = code.chars().collect();
    all.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What was typed, folded: upper case, no spaces or dashes, `O` is zero, `I` and `L` are one.
#[must_use]
pub fn fold(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(32)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_36_a_code_is_shown_in_two_groups_and_read_back_however_it_is_typed() {
        let code = encode(&[1, 0, 24, 11, 20, 22, 3, 19]);
        assert_eq!(code.len(), 8);
        assert_eq!(fold(&grouped(&code).to_lowercase()), code);
        assert_eq!(fold("oil1 0-abc"), "01110ABC");
    }
}
