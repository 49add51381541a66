//! The accent of an organisation or an application: any colour may be chosen, and what pages show of it can always be read
//! (WCAG 2.2, 1.4.3 and 1.4.11).

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

const WHITE: Colour = Colour([255; 3]);
const BLACK: Colour = Colour([0; 3]);
/// The darkest surface of the light theme and the lightest of the dark one: what can be read there can be read on the others.
const LIGHT: Colour = Colour([0xf1, 0xef, 0xeb]);
const DARK: Colour = Colour([0x2a, 0x28, 0x26]);
/// Contrast that text needs.
const LEGIBLE: f64 = 4.5;

impl Colour {
    /// `#rrggbb`, with or without its sign.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.trim().strip_prefix('#').unwrap_or_else(|| text.trim());
        let number = u32::from_str_radix(hex, 16)
            .ok()
            .filter(|_| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// Six digits without a sign.
    #[must_use]
    pub fn hex(self) -> String {
        self.0.iter().map(|part| format!("{part:02x}")).collect()
    }

    /// Relative luminance, from 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        let [red, green, blue] = linear;
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Contrast of two colours, from 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// This colour, moved towards another by so many of 25 parts.
    fn towards(self, other: Self, parts: u16) -> Self {
        let mix = |from: u8, to: u8| {
            u8::try_from((u16::from(from) * (25 - parts) + u16::from(to) * parts) / 25)
                .unwrap_or(to)
        };
        let ([r, g, b], [tr, tg, tb]) = (self.0, other.0);
        Self([mix(r, tr), mix(g, tg), mix(b, tb)])
    }

    /// The nearest shade that can be read on a surface.
    fn legible_on(self, surface: Self, end: Self) -> Self {
        (0..=25)
            .map(|parts| self.towards(end, parts))
            .find(|shade| shade.contrast(surface) >= LEGIBLE)
            .unwrap_or(end)
    }

    /// What text on this colour has: the better of black and white, which always suffices.
    fn text(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) { WHITE } else { BLACK }
    }

    /// The style sheet that makes it the accent, in light and dark.
    #[must_use]
    pub fn style_sheet(self) -> String {
        let (light, dark) = (self.legible_on(LIGHT, BLACK), self.legible_on(DARK, WHITE));
        format!(
            ":root{{--accent:light-dark(#{},#{});--on-accent:light-dark(#{},#{})}}\n",
            light.hex(),
            dark.hex(),
            light.text().hex(),
            dark.text().hex()
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_colour_is_six_digits() {
        assert_eq!(Colour::parse("#1F5f8b").unwrap().hex(), "1f5f8b");
        assert_eq!(Colour::parse(" 1f5f8b ").unwrap().hex(), "1f5f8b");
        for wrong in ["", "#", "#fff", "#1f5f8", "#1f5f8bb", "#+f5f8b", "red", "#1f5f8g", "é12345"]
        {
            assert!(Colour::parse(wrong).is_none(), "{wrong}");
        }
        assert!((WHITE.contrast(BLACK) - 21.0).abs() < 0.001);
    }

    proptest! {
        #[test]
        fn whatever_is_chosen_links_and_buttons_can_be_read_in_light_and_dark(parts: [u8; 3]) {
            let colour = Colour(parts);
            for (surface, end) in [(LIGHT, BLACK), (DARK, WHITE)] {
                let shade = colour.legible_on(surface, end);
                prop_assert!(shade.contrast(surface) >= LEGIBLE);
                prop_assert!(shade.text().contrast(shade) >= LEGIBLE);
                if colour.contrast(surface) >= LEGIBLE {
                    prop_assert_eq!(shade, colour, "what can be read stays as it is");
                }
            }
        }
    }
}
