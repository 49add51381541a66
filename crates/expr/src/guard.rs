//! What an expression may be: short, flat, and without loops in loops.
use cel::{
    IdedExpr,
    common::ast::{EntryExpr, Expr},
    parser::Parser,
};

use crate::{
    cost,
    limits::{DEEPEST, LONGEST, Mistake, TALLEST},
    names,
};

/// Checks a text without keeping anything.
///
/// # Errors
/// [`Mistake`].
pub fn check(text: &str) -> Result<(), Mistake> {
    parse(text).map(drop)
}

/// Parses on a thread with a stack of its own, so that no text can overflow a worker's.
pub(crate) fn parse(text: &str) -> Result<IdedExpr, Mistake> {
    if text.len() > LONGEST {
        return Err(Mistake::TooLong);
    }
    if brackets(text) > DEEPEST {
        return Err(Mistake::TooDeep);
    }
    let text = text.to_owned();
    let thread = std::thread::Builder::new().stack_size(32 << 20).spawn(move || {
        let parsed = Parser::new()
            .max_recursion_depth(96)
            .parse(&text)
            .map_err(|e| Mistake::Syntax(e.to_string().chars().take(200).collect()))?;
        walk(&parsed, 0, false)?;
        names::known(&parsed)?;
        cost::bound(&parsed)?;
        Ok(parsed)
    });
    let failed = || Mistake::Syntax("the parser gave up".into());
    thread.map_err(|_| failed())?.join().map_err(|_| failed())?
}

/// Deepest nesting of brackets outside string literals.
fn brackets(text: &str) -> usize {
    let (mut depth, mut deepest, mut quote, mut escaped) = (0_usize, 0, None, false);
    for c in text.chars() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    deepest
}

fn walk(node: &IdedExpr, height: usize, in_loop: bool) -> Result<(), Mistake> {
    if height > TALLEST {
        return Err(Mistake::TooDeep);
    }
    let down = |n: &IdedExpr| walk(n, height + 1, in_loop);
    match &node.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Ok(()),
        Expr::Call(call) => call.target.iter().map(|t| &**t).chain(&call.args).try_for_each(down),
        Expr::Select(select) => down(&select.operand),
        Expr::List(list) => list.elements.iter().try_for_each(down),
        Expr::Map(map) => map.entries.iter().try_for_each(|e| match &e.expr {
            EntryExpr::MapEntry(entry) => down(&entry.key).and_then(|()| down(&entry.value)),
            EntryExpr::StructField(field) => down(&field.value),
        }),
        Expr::Struct(made) => made.entries.iter().try_for_each(|e| match &e.expr {
            EntryExpr::MapEntry(entry) => down(&entry.key).and_then(|()| down(&entry.value)),
            EntryExpr::StructField(field) => down(&field.value),
        }),
        Expr::Comprehension(_) if in_loop => Err(Mistake::LoopInLoop),
        Expr::Comprehension(c) => {
            down(&c.iter_range)?;
            [&c.accu_init, &c.loop_cond, &c.loop_step, &c.result]
                .into_iter()
                .try_for_each(|n| walk(n, height + 1, true))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_long_too_deep_and_loops_in_loops_are_refused() {
        assert_eq!(check(&format!("'{}' == 'x'", "y".repeat(1100))), Err(Mistake::TooLong));
        assert_eq!(
            check(&format!("{}1{} == 1", "(".repeat(13), ")".repeat(13))),
            Err(Mistake::TooDeep)
        );
        assert_eq!(check(&format!("{}1{} == 1", "(".repeat(12), ")".repeat(12))), Ok(()));
        assert_eq!(
            check("claims.groups.exists(g, claims.others.exists(o, o == g))"),
            Err(Mistake::LoopInLoop)
        );
        assert_eq!(check("claims.groups.exists(g, g == 'staff')"), Ok(()));
        assert_eq!(check("claims.a == '((((((((((((((('"), Ok(()), "brackets in text are text");
        assert!(matches!(check("claims.email =="), Err(Mistake::Syntax(_))));
    }

    #[test]
    fn no_text_of_a_kibibyte_brings_the_parser_down() {
        for unit in
            ["-", "!", "a.", "a[", "(", "{", "[", "a?a:", "a||", "a+", "'", "\\", "a(", "x.map(x,"]
        {
            let text: String = unit.repeat(LONGEST / unit.len());
            let _answered = check(&text);
        }
    }
}
