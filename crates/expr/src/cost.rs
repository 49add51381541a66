//! An upper bound of what an expression can cost, known when it is saved (rule 24, EX-01). One unit is about a nanosecond, or
//! a byte that is copied, so that [`MOST`] stands for 5 ms and 5 MB. The bound follows the evaluator: it copies values
//! deeply wherever one becomes part of another, and the elements of a list as it walks over them.
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue, operators,
};

use crate::limits::{LARGEST, LONGEST_LIST, LONGEST_TEXT, MOST, Mistake, OVERHEAD};

/// One step of the evaluator.
const STEP: u64 = 100;
/// Bytes that are compared in the time in which one is copied.
const COMPARED: u64 = 8;

/// A quantity that depends on the element that the loop is at: fixed, and a multiple of the element's weight. The elements
/// together weigh no more than their list, so a loop pays the share once for the whole list.
#[derive(Clone, Copy, Default)]
struct Amount {
    fixed: u64,
    share: u64,
}

impl Amount {
    const fn fixed(fixed: u64) -> Self {
        Self { fixed, share: 0 }
    }

    fn and(self, other: Self) -> Self {
        Self {
            fixed: self.fixed.saturating_add(other.fixed),
            share: self.share.saturating_add(other.share),
        }
    }

    fn most(self, other: Self) -> Self {
        Self { fixed: self.fixed.max(other.fixed), share: self.share.max(other.share) }
    }

    /// For one element of at most this weight.
    fn at(self, weight: u64) -> u64 {
        self.fixed.saturating_add(self.share.saturating_mul(weight))
    }

    /// For all elements of a list together.
    fn over(self, length: u64, weight: u64) -> u64 {
        self.fixed.saturating_mul(length).saturating_add(self.share.saturating_mul(weight))
    }

    fn divided(self, by: u64) -> Self {
        Self { fixed: self.fixed / by, share: self.share.div_ceil(by) }
    }
}

/// What is known of a value without evaluating.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Weight of everything in it.
    total: Amount,
    /// Longest text in it.
    text: Amount,
    /// Elements, if it is a list or map, and most elements of one in it.
    length: u64,
    inner: u64,
    /// It is a text for certain.
    is_text: bool,
}

impl Size {
    /// A truth value or a number.
    const SCALAR: Self = Self {
        total: Amount::fixed(wide(OVERHEAD)),
        text: Amount::fixed(0),
        length: 0,
        inner: 0,
        is_text: false,
    };
    /// Anything that an expression may see.
    const INPUT: Self = Self {
        total: Amount::fixed(wide(LARGEST)),
        text: Amount::fixed(wide(LONGEST_TEXT)),
        length: wide(LONGEST_LIST),
        inner: wide(LONGEST_LIST),
        is_text: false,
    };

    fn of_text(length: Amount) -> Self {
        Self {
            total: length.and(Amount::fixed(wide(OVERHEAD))),
            text: length,
            is_text: true,
            ..Self::default()
        }
    }

    /// Whichever of the two.
    fn or(self, other: Self) -> Self {
        Self {
            total: self.total.most(other.total),
            text: self.text.most(other.text),
            length: self.length.max(other.length),
            inner: self.inner.max(other.inner),
            is_text: self.is_text && other.is_text,
        }
    }

    /// Something in it.
    fn part(self) -> Self {
        Self { length: self.inner, is_text: false, ..self }
    }
}

#[expect(clippy::as_conversions, reason = "no lossless conversion is const")]
const fn wide(n: usize) -> u64 {
    n as u64
}

/// Checks the bound.
///
/// # Errors
/// [`Mistake::TooCostly`].
pub(crate) fn bound(expression: &IdedExpr) -> Result<(), Mistake> {
    let mut meter = Meter { work: Amount::default(), loops: Vec::new() };
    meter.size(expression);
    if meter.work.fixed > MOST { Err(Mistake::TooCostly) } else { Ok(()) }
}

struct Meter {
    /// Of the loop that is looked at, or of everything outside loops.
    work: Amount,
    /// Variables of loops, with what they can be.
    loops: Vec<(String, Size)>,
}

impl Meter {
    fn pay(&mut self, amount: Amount) {
        self.work = self.work.and(amount);
    }

    fn size(&mut self, node: &IdedExpr) -> Size {
        self.pay(Amount::fixed(STEP));
        match &node.expr {
            Expr::Unspecified => Size::SCALAR,
            Expr::Literal(LiteralValue::String(text)) => {
                Size::of_text(Amount::fixed(wide(text.inner().len())))
            }
            Expr::Literal(LiteralValue::Bytes(bytes)) => {
                Size::of_text(Amount::fixed(wide(bytes.inner().len())))
            }
            Expr::Literal(_) => Size::SCALAR,
            Expr::Ident(name) => self
                .loops
                .iter()
                .rev()
                .find(|(known, _)| known == name)
                .map_or(Size::INPUT, |(_, size)| *size),
            Expr::Select(select) => {
                let whole = self.size(&select.operand);
                self.part_of(&select.operand, whole)
            }
            Expr::List(list) => {
                let sizes: Vec<Size> = list.elements.iter().map(|e| self.size(e)).collect();
                self.made(&sizes, wide(sizes.len()))
            }
            Expr::Map(map) => self.entries(&map.entries),
            Expr::Struct(made) => self.entries(&made.entries),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(looped) => self.looped(looped),
        }
    }

    /// A part of a value: free where the whole is only looked at, a copy where it was made for this.
    fn part_of(&mut self, whole: &IdedExpr, size: Size) -> Size {
        if !matches!(whole.expr, Expr::Ident(_) | Expr::Select(_)) {
            self.pay(size.total);
        }
        size.part()
    }

    /// A new list or map of copies.
    fn made(&mut self, sizes: &[Size], length: u64) -> Size {
        let mut made =
            Size { length, inner: length, total: Amount::fixed(wide(OVERHEAD)), ..Size::default() };
        for size in sizes {
            made.total = made.total.and(size.total).and(Amount::fixed(wide(OVERHEAD)));
            made.text = made.text.most(size.text);
            made.inner = made.inner.max(size.length).max(size.inner);
        }
        self.pay(made.total);
        made
    }

    fn entries(&mut self, entries: &[IdedEntryExpr]) -> Size {
        let mut sizes = Vec::new();
        for entry in entries {
            match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    sizes.extend([self.size(&entry.key), self.size(&entry.value)])
                }
                EntryExpr::StructField(field) => sizes.push(self.size(&field.value)),
            }
        }
        self.made(&sizes, wide(entries.len()))
    }

    fn call(&mut self, call: &CallExpr) -> Size {
        let nodes: Vec<&IdedExpr> = call.target.iter().map(|t| &**t).chain(&call.args).collect();
        let sizes: Vec<Size> = nodes.iter().map(|n| self.size(n)).collect();
        match (call.func_name.as_str(), sizes.as_slice()) {
            (operators::ADD, &[a, b]) => self.sum(a, b),
            (operators::CONDITIONAL, &[_, a, b]) => a.or(b),
            (
                operators::LOGICAL_AND
                | operators::LOGICAL_OR
                | operators::LOGICAL_NOT
                | operators::NOT_STRICTLY_FALSE,
                _,
            ) => Size::SCALAR,
            (
                operators::EQUALS
                | operators::NOT_EQUALS
                | operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                &[a, b],
            ) => {
                // A comparison ends where one of them does.
                let smaller = [a.total, b.total]
                    .into_iter()
                    .min_by_key(|total| total.over(wide(LONGEST_LIST), wide(LARGEST)));
                self.pay(smaller.unwrap_or_default().divided(COMPARED));
                Size::SCALAR
            }
            (operators::IN, &[_, list]) => {
                self.pay(
                    list.total.divided(COMPARED).and(Amount::fixed(list.length.saturating_mul(16))),
                );
                Size::SCALAR
            }
            (operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT, &[whole, _]) => {
                match nodes.first() {
                    Some(node) => self.part_of(node, whole),
                    None => whole.part(),
                }
            }
            // These want texts or numbers, and look at nothing of a list but its length.
            (
                "contains" | "startsWith" | "endsWith" | "size" | "int" | "uint" | "double"
                | "bool" | "type",
                all,
            ) => {
                all.iter().for_each(|s| self.pay(s.text));
                Size::SCALAR
            }
            ("string" | "bytes", all) => {
                let length = all.iter().fold(Amount::fixed(400), |sum, s| sum.and(s.text));
                self.pay(length);
                Size::of_text(length)
            }
            // Of anything else is assumed that it keeps everything that it is given.
            (_, all) => self.made(all, all.iter().map(|s| s.length).max().unwrap_or_default()),
        }
    }

    /// Texts are joined, lists are copied, numbers are added.
    fn sum(&mut self, a: Size, b: Size) -> Size {
        if a.is_text || b.is_text {
            let length = a.text.and(b.text);
            self.pay(length);
            return Size::of_text(length);
        }
        let total = a.total.and(b.total);
        self.pay(total);
        Size {
            total,
            text: a.text.and(b.text),
            length: a.length.saturating_add(b.length),
            inner: a.inner.max(b.inner),
            is_text: false,
        }
    }

    /// A list macro. Its accumulator begins as an empty list, a number or a truth value; only a list grows, by what each
    /// round puts at its end, in place.
    fn looped(&mut self, looped: &ComprehensionExpr) -> Size {
        let range = self.size(&looped.iter_range);
        let (rounds, weight) = (range.length, range.total.fixed.saturating_add(range.total.share));
        let element = Amount { fixed: 0, share: 1 };
        let outer = std::mem::take(&mut self.work);
        let known = self.loops.len();
        self.loops.push((
            looped.iter_var.clone(),
            Size {
                total: element,
                text: element,
                length: range.inner,
                inner: range.inner,
                is_text: false,
            },
        ));
        self.loops.extend(looped.iter_var2.clone().map(|name| {
            (
                name,
                Size {
                    total: element,
                    text: element,
                    length: range.inner,
                    inner: range.inner,
                    is_text: false,
                },
            )
        }));
        self.loops.push((looped.accu_var.clone(), Size::SCALAR));
        // The element is copied for the loop.
        self.pay(element);
        self.size(&looped.loop_cond);
        let step = self.size(&looped.loop_step);
        self.loops.truncate(known);
        let work = std::mem::replace(&mut self.work, outer);
        self.pay(Amount::fixed(work.over(rounds, weight)));
        Size {
            total: Amount::fixed(step.total.over(rounds, weight).saturating_add(wide(OVERHEAD))),
            text: Amount::fixed(step.text.at(weight.min(range.text.at(weight)))),
            length: rounds.saturating_mul(step.length),
            inner: step.inner,
            is_text: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    /// What people write stays possible.
    #[test]
    fn usual_expressions_are_within_the_bound() {
        for usual in [
            "claims.email",
            "claims.given_name + '.' + claims.family_name",
            "claims.groups.exists(g, g == 'staff')",
            "'admins' in claims.groups && claims.kind != 'guest'",
            "claims.groups.filter(g, g.startsWith('app-')).map(g, 'role:' + g)",
            "claims.groups.filter(g, g.startsWith('app-')).exists(g, g == 'app-admin')",
            "claims.groups.exists(g, g in identity.last.groups)",
            "claims.groups.exists(g, claims.tenant + '/' + g == 'acme/staff')",
            "claims.roles.all(r, r in ['reader', 'writer', 'owner'])",
            "claims.addresses.exists_one(a, a.primary && a.verified) ? claims.addresses[0].value : claims.email",
            "size(claims.groups) > 0 ? claims.groups.map(g, g + '@' + claims.realm) : []",
            "{'name': claims.name, 'groups': claims.groups, 'first': claims.groups[0]}",
        ] {
            assert_eq!(check(usual), Ok(()), "{usual}");
        }
    }

    /// Nested maps over long concatenations; and two that stand in no list: growing by doubling without any loop, and
    /// copies of a whole list in each round.
    #[test]
    fn ex_01_what_could_take_long_or_much_is_refused_when_it_is_saved() {
        let long = |name: &str, n: usize| vec![name; n].join(" + ");
        assert_eq!(check(&format!("claims.groups.map(a, {})", long("a", 3))), Ok(()));
        for costly in [
            format!("claims.groups.map(a, {}).map(b, {})", long("a", 60), long("b", 60)),
            format!("claims.groups.map(a, {})", long("a", 60)),
            format!("claims.groups.map(a, {}).exists(b, b == 'x')", long("(a + a)", 60)),
            format!("claims.groups.map(a, a + a).map(b, b + b).map(c, {})", long("c", 20)),
            "claims.groups.map(a, [a, claims.groups, claims.groups, claims.groups])".into(),
            "claims.groups.map(a, claims.groups + claims.groups)".into(),
            "claims.groups.map(a, {'x': claims}).map(b, [b, b]).map(c, [c, c])".into(),
            format!("claims.groups.filter(a, {})", vec!["a in claims.others"; 20].join(" && ")),
            format!("[{}].map(a, {})", vec!["claims"; 60].join(","), long("a", 60)),
            "claims.groups.map(a, claims.groups[0] + claims.groups[1]).map(b, claims.groups)"
                .into(),
        ] {
            assert!(costly.len() <= 1024, "{}", costly.len());
            assert_eq!(check(&costly), Err(Mistake::TooCostly), "{costly}");
        }
    }
}
