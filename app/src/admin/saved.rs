//! What follows a form of the console: the page that says so, or the form with its problems and what was typed.
use crate::{
    context::{Context, WebRequest},
    i18n::t,
    outcome::{Flash, SeeOther, redirect_with_flash, refuse, turned_away, turned_back},
    paths,
};
use serde::Serialize;
use service::{Error, admin::SaveProblem};

/// After an act of the console: its page with what came of it, or where the refusal leads.
pub(crate) async fn done(
    context: &Context,
    web: &WebRequest,
    page: &str,
    result: Result<Flash, Error>,
) -> SeeOther {
    match result {
        Ok(flash) => redirect_with_flash(context, web, page, flash).await,
        Err(error) => turned_away(&error, page),
    }
}

/// Where a saved form leads with its message, and where it leads back with what is wrong.
pub(crate) struct Ways<'a> {
    pub good: (&'a str, Flash),
    pub bad: &'a str,
}

/// The problems of a form that is told one field at a time.
pub(crate) fn one_problem(
    result: Result<Result<(), (&'static str, &'static str)>, Error>,
) -> Result<(), SaveProblem> {
    result?.map_err(|(field, message)| SaveProblem::field(field, message))
}

/// After a form of a part of a provider: the provider's page, with what was typed where it was not saved. `kept`: the name
/// under which that is kept, and the edit.
pub(crate) async fn part_saved<E: Serialize>(
    context: &Context,
    web: &WebRequest,
    key: &str,
    (kept, edit): (&str, &E),
    result: Result<(), SaveProblem>,
) -> SeeOther {
    let page = paths::safe(&paths::admin_provider(key));
    let typed = serde_json::to_string(edit).map(|text| (kept.to_owned(), text));
    let ways = Ways { good: (&page, Flash::notice("saved")), bad: &page };
    saved(context, web, result, ways, typed.into_iter().collect()).await
}

/// After a form that is saved: where it leads, or the form with its problems and what was typed.
pub(crate) async fn saved(
    context: &Context,
    web: &WebRequest,
    result: Result<(), SaveProblem>,
    ways: Ways<'_>,
    typed: Vec<(String, String)>,
) -> SeeOther {
    let back = |flash| redirect_with_flash(context, web, ways.bad, flash);
    match result {
        Ok(()) => redirect_with_flash(context, web, ways.good.0, ways.good.1).await,
        Err(SaveProblem::Fields(problems)) => {
            let problems =
                problems.into_iter().map(|(field, text)| (field.into(), text.into())).collect();
            back(Flash { problems, typed, ..Flash::default() }).await
        }
        // The page shows the number, and a box to tick.
        Err(SaveProblem::Unconfirmed(links)) => {
            let typed =
                typed.into_iter().chain([("links".to_owned(), links.to_string())]).collect();
            let problems = vec![("confirmed".into(), "field-confirm-source".into())];
            back(Flash { problems, typed, ..Flash::default() }).await
        }
        // Forms that ask have their page before this one.
        Err(SaveProblem::NotAgreed(_)) => refuse(&domain::Refusal::BadRequest.into()),
        Err(SaveProblem::Policy(problem)) => {
            let remedy = t(web.lang, &format!("problem-{}", problem.remedy));
            let text = format!("{}: {} — {remedy}", problem.path, problem.value);
            let typed = vec![("policy".into(), text)];
            back(Flash { notice: "policy-problem".into(), typed, ..Flash::default() }).await
        }
        Err(SaveProblem::Error(error)) => {
            turned_back(context, web, &error, ways.bad, Flash { typed, ..Flash::default() }).await
        }
    }
}
