//! Whether the dashboard asks for figures that exist, and shows all of them.
#[cfg(test)]
#[expect(clippy::expect_used, reason = "tests may panic")]
mod tests {
    use std::{collections::BTreeSet, fs};

    use crate::shell::root;

    fn read(path: &str) -> String {
        fs::read_to_string(root().join(path)).expect(path)
    }

    /// Names `ligature_…` in a text.
    fn named(text: &str) -> BTreeSet<String> {
        text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
            .filter(|w| w.starts_with("ligature_"))
            .map(str::to_owned)
            .collect()
    }

    /// A name without what the OpenMetrics form puts behind it for counters, histograms and information.
    fn bare(name: &str) -> &str {
        ["_total", "_bucket", "_count", "_sum", "_info"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name)
    }

    /// What the server registers, with its prefix.
    fn registered() -> BTreeSet<String> {
        let code = read("server/src/metrics.rs");
        code.split(".register(")
            .skip(1)
            .filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next())
            .map(|name| format!("ligature_{name}"))
            .collect()
    }

    #[test]
    fn the_dashboard_and_the_how_to_name_the_figures_of_the_server_and_no_others() {
        let real = registered();
        assert!(real.contains("ligature_database_up") && real.len() >= 9, "{real:?}");
        for page in ["packaging/grafana/ligature.json", "docs/how-to/monitor.md"] {
            let shown: BTreeSet<String> =
                named(&read(page)).iter().map(|n| bare(n).to_owned()).collect();
            assert_eq!(shown, real, "{page}");
        }
    }

    #[test]
    fn the_dashboard_asks_for_counters_by_the_name_that_prometheus_keeps() {
        let asked = named(&read("packaging/grafana/ligature.json"));
        for counter in ["http_requests", "refusals", "provider_requests", "provider_failures"] {
            assert!(asked.contains(&format!("ligature_{counter}_total")), "{counter}");
            assert!(!asked.contains(&format!("ligature_{counter}")), "{counter} is a counter");
        }
        assert!(asked.contains("ligature_http_request_seconds_bucket"));
    }
}
