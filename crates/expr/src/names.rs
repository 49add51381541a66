//! The names that an expression uses. A variable or a function that is none fails at every sign-in, and a condition that
//! fails lets nobody in: so it is refused when it is saved.
use std::sync::Arc;

use cel::{
    Context, ExecutionError, IdedExpr, Value,
    common::ast::{EntryExpr, Expr},
    parser::Parser,
};

use crate::{expression::ENV, limits::Mistake, variables::NAMES};

/// Checks all names of a tree that [`crate::guard`] found flat enough to walk.
///
/// # Errors
/// [`Mistake::Unknown`].
pub(crate) fn known(expression: &IdedExpr) -> Result<(), Mistake> {
    Names { empty: Context::with_env(Arc::clone(&ENV)), loops: Vec::new() }.look(expression)
}

struct Names<'e> {
    /// The evaluator without variables: it knows the functions and the names of types.
    empty: Context<'static, 'static>,
    /// Variables of the list macros around.
    loops: Vec<&'e str>,
}

impl<'e> Names<'e> {
    fn look(&mut self, node: &'e IdedExpr) -> Result<(), Mistake> {
        match &node.expr {
            Expr::Unspecified | Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.variable(name),
            Expr::Call(call) => {
                self.function(&call.func_name, call.target.is_some())?;
                call.target.iter().map(|t| &**t).chain(&call.args).try_for_each(|n| self.look(n))
            }
            Expr::Select(select) => self.look(&select.operand),
            Expr::List(list) => list.elements.iter().try_for_each(|n| self.look(n)),
            Expr::Map(map) => map.entries.iter().try_for_each(|e| self.entry(&e.expr)),
            Expr::Struct(made) => made.entries.iter().try_for_each(|e| self.entry(&e.expr)),
            Expr::Comprehension(looped) => {
                self.look(&looped.iter_range)?;
                self.look(&looped.accu_init)?;
                let outside = self.loops.len();
                self.loops.extend([looped.iter_var.as_str(), looped.accu_var.as_str()]);
                self.loops.extend(looped.iter_var2.as_deref());
                let inside = [&looped.loop_cond, &looped.loop_step, &looped.result];
                let all = inside.into_iter().try_for_each(|n| self.look(n));
                self.loops.truncate(outside);
                all
            }
        }
    }

    fn entry(&mut self, entry: &'e EntryExpr) -> Result<(), Mistake> {
        match entry {
            EntryExpr::MapEntry(entry) => {
                self.look(&entry.key)?;
                self.look(&entry.value)
            }
            EntryExpr::StructField(field) => self.look(&field.value),
        }
    }

    fn variable(&self, name: &str) -> Result<(), Mistake> {
        let ours = NAMES.contains(&name) || self.loops.contains(&name) || name.starts_with('@');
        if ours || !self.is_undeclared(name) { Ok(()) } else { Err(Mistake::Unknown(name.into())) }
    }

    /// Without arguments no function does anything, but one that there is fails in another way.
    fn function(&self, name: &str, is_member: bool) -> Result<(), Mistake> {
        let is_word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && name.starts_with(|c: char| c.is_ascii_alphabetic());
        let call = if is_member { format!("null.{name}()") } else { format!("{name}()") };
        if is_word && self.is_undeclared(&call) {
            return Err(Mistake::Unknown(format!("{name}()")));
        }
        Ok(())
    }

    fn is_undeclared(&self, text: &str) -> bool {
        Parser::new().parse(text).is_ok_and(|probe| {
            matches!(
                Value::resolve(&probe, &self.empty),
                Err(ExecutionError::UndeclaredReference(_))
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{check, limits::Mistake};

    #[test]
    fn a_name_that_is_none_is_refused_when_it_is_saved() {
        for (text, name) in [
            ("claim.email == 'x'", "claim"),
            ("claims.email.split('@')[0]", "split()"),
            ("lower(claims.email) == 'x'", "lower()"),
            ("claims.groups.exists(g, h == 'staff')", "h"),
            ("claims.groups.exists(g, g == 'staff') && g == ''", "g"),
            ("true || account.email.trim() == ''", "trim()"),
            ("{'a': who}", "who"),
            ("claims.email.matches('a.*')", "matches()"),
            ("identity.last.email + email", "email"),
        ] {
            assert_eq!(check(text), Err(Mistake::Unknown(name.into())), "{text}");
        }
    }

    #[test]
    fn every_name_that_there_is_passes() {
        for text in [
            "claims.email.endsWith('@ex.test') && claims.email.contains('x')",
            "has(claims.x) ? string(claims.x) : ''",
            "claims.groups.exists(g, g.startsWith('a')) || claims.groups.all(g, size(g) > 1)",
            "claims.groups.filter(g, g != '').map(g, g + '!')[0]",
            "type(claims.age) == int && int('3') < 4",
            "identity.last.email == identities['meridian'].email",
            "lastIdentityInformation.a == identitiesAsMap['x'].additionalInformation.b",
            "account.email == provider.key || application.client_id in ['a', 'b']",
            "'admin' in claims.groups && !(claims.active == false) && -1 < 2 && claims['a b'] != null",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }
}
