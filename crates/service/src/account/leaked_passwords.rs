//! Passwords that leaked somewhere: a sorted list on this machine, and, where an operator wants it, a service that is
//! asked by the first five letters of a hash and never learns the password (k-anonymity).
use std::{
    fs::File,
    io::{BufRead, BufReader, Result, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use sha1::{Digest, Sha1};
use upstream::SafeHttpClient;

/// Where leaked passwords are looked up.
#[derive(Debug, Clone, Default)]
pub struct Leaks {
    /// Lines of `<SHA-1 in upper hex>:<count>`, sorted: the format of the Pwned Passwords download.
    pub file: Option<PathBuf>,
    /// `<url><first five hex digits>` answers the rest of the hashes, one a line.
    pub url: String,
}

fn hash(password: &str) -> String {
    Sha1::digest(password.as_bytes()).iter().map(|b| format!("{b:02X}")).collect()
}

/// Whether a sorted file has a line that begins with the hash; about twenty-five seeks in the whole list.
fn in_file(path: &Path, hash: &str) -> Result<bool> {
    let mut file = BufReader::new(File::open(path)?);
    let (mut low, mut high) = (0, file.get_ref().metadata()?.len());
    // The line that begins in [low, high) and could be it; lines begin at 0 or after a line's end.
    while low < high {
        let middle = low + (high - low) / 2;
        file.seek(SeekFrom::Start(middle))?;
        let mut begins = middle;
        if middle > 0 {
            // Back by one, so that a line that begins right here is not skipped.
            file.seek(SeekFrom::Start(middle - 1))?;
            let mut skipped = Vec::new();
            begins = middle - 1 + u64::try_from(file.read_until(b'\n', &mut skipped)?).unwrap_or(0);
        }
        let mut line = Vec::new();
        let length = u64::try_from(file.read_until(b'\n', &mut line)?).unwrap_or(0);
        if length == 0 || begins >= high {
            high = middle;
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        match text.get(..40).unwrap_or_default().to_ascii_uppercase().as_str().cmp(hash) {
            std::cmp::Ordering::Equal => return Ok(true),
            std::cmp::Ordering::Less => low = begins + length,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    Ok(false)
}

impl Leaks {
    /// Whether a password is known to have leaked. A list that cannot be read keeps nobody from setting one: it is
    /// logged, and the rules on length and guessing hold in every case.
    pub(crate) async fn know(&self, password: &str, guard: &SafeHttpClient) -> bool {
        let hash = hash(password);
        if let Some(path) = self.file.clone() {
            let wanted = hash.clone();
            match tokio::task::spawn_blocking(move || in_file(&path, &wanted)).await {
                Ok(Ok(true)) => return true,
                Ok(Ok(false)) => {}
                Ok(Err(error)) => {
                    tracing::error!(%error, "the list of leaked passwords cannot be read")
                }
                Err(error) => {
                    tracing::error!(%error, "the list of leaked passwords was not looked at")
                }
            }
        }
        let (url, Some((prefix, rest))) = (&self.url, hash.split_at_checked(5)) else {
            return false;
        };
        if url.is_empty() {
            return false;
        }
        match guard.text(&format!("{url}{prefix}"), ("add-padding", "true")).await {
            // Padding has the count 0.
            Ok(text) => text.lines().any(|line| {
                line.split_once(':')
                    .is_some_and(|(tail, n)| tail.eq_ignore_ascii_case(rest) && n.trim() != "0")
            }),
            Err(error) => {
                tracing::warn!(%error, "the service of leaked passwords does not answer");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_hash_is_the_one_of_the_lists() {
        assert_eq!(hash("password"), "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
    }

    proptest! {
        /// Every line of a list is found, whatever its length, and nothing else.
        #[test]
        fn a_sorted_list_is_searched_without_reading_it(seeds in prop::collection::btree_set(0_u32..5000, 0..60), counts in 1_u64..100_000_000_000, newline in any::<bool>(), asked in 0_u32..5000) {
            let mut lines: Vec<String> = seeds.iter().map(|n| format!("{}:{}", hash(&n.to_string()), counts % (u64::from(*n) * 977 + 1))).collect();
            lines.sort();
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("list.txt");
            std::fs::write(&path, lines.join("\r\n") + if newline { "\r\n" } else { "" }).unwrap();
            for n in &seeds {
                prop_assert!(in_file(&path, &hash(&n.to_string())).unwrap());
            }
            prop_assert_eq!(in_file(&path, &hash(&asked.to_string())).unwrap(), seeds.contains(&asked));
        }
    }
}
