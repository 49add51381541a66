//! Codes that people type: eight characters of Crockford's base 32, 40 bits.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Lifetime of a code: ten minutes.
pub const TTL: crate::Micros = 10 * crate::MINUTE;
/// Wrong answers that an attempt survives is one less than this.
pub const TRIES: i32 = 3;

/// Writes random bytes as a code, five bits a character; as many characters as bytes.
#[must_use]
pub fn encode(random: &[u8]) -> String {
    random.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 31))).map(|c| char::from(*c)).collect()
}

/// The code as it is shown: `K7QM-3XRD`.
#[must_use]
pub fn grouped(code: &str) -> String {
    let (head, tail) = code.split_at_checked(4).unwrap_or((code, ""));
    if tail.is_empty() { head.to_owned() } else { format!("{head}-{tail}") }
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
