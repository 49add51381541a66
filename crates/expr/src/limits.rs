//! The limits of an expression, and what is wrong with one that does not keep to them.

/// Longest expression, in bytes.
pub(crate) const LONGEST: usize = 1024;
/// Deepest nesting of brackets and of the parsed tree's calls.
pub(crate) const DEEPEST: usize = 12;
/// Longest chain of nodes in the tree: long sums are flat to people and deep to a parser.
pub(crate) const TALLEST: usize = 64;
/// The most that one evaluation may cost: a unit is about a nanosecond, or a byte that is copied.
pub(crate) const MOST: u64 = 5_000_000;
/// Longest list that an expression may see.
pub(crate) const LONGEST_LIST: usize = 200;
/// Longest text that an expression may see, in bytes.
pub(crate) const LONGEST_TEXT: usize = 2048;
/// Most bytes of one variable, with [`OVERHEAD`] for each value in it.
pub(crate) const LARGEST: usize = 64 << 10;
/// What a value weighs beside its text.
pub(crate) const OVERHEAD: usize = 32;

/// Why an expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    TooLong,
    TooDeep,
    /// A comprehension inside another.
    LoopInLoop,
    /// On some values it could take more than five milliseconds or megabytes (EX-01).
    TooCostly,
    /// A variable or a function that is none.
    Unknown(String),
    /// The parser's words.
    Syntax(String),
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLong => write!(f, "longer than {LONGEST} bytes"),
            Self::TooDeep => write!(f, "nested deeper than {DEEPEST}"),
            Self::LoopInLoop => f.write_str("a list macro inside another"),
            Self::TooCostly => f.write_str(
                "on large claims it could take too long; join less text and copy fewer lists",
            ),
            Self::Unknown(name) => write!(f, "there is no {name}"),
            Self::Syntax(words) => f.write_str(words),
        }
    }
}
