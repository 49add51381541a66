//! Enums whose values have stable names, written down once.

/// An enum of which each value has a name that is stored, shown or read: one line a value. It makes the enum, the list
/// of all values (`ALL`), `name`, `parse`, and the same name for serde and `Display`.
#[macro_export]
macro_rules! named {
    ($(#[$meta:meta])* $vis:vis enum $type:ident {
        $($(#[$doc:meta])* $value:ident = $name:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(::serde::Serialize, ::serde::Deserialize)]
        $vis enum $type { $($(#[$doc])* #[serde(rename = $name)] $value),+ }

        impl $type {
            /// All of them, in the order of their table.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$value),+];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$value => $name),+ }
            }

            /// The one with this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.name() == name)
            }
        }

        impl From<$type> for &'static str {
            fn from(one: $type) -> Self {
                one.name()
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
