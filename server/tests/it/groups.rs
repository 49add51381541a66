//! Groups: made in the console, told by providers, asked for by applications.
use crate::{
    console::with_role,
    directory::{answer, seed, sign_in},
    op::{Rp, register},
    world::{Browser, Page, World},
};
use rehearsal::{
    directory::{Directory, sample},
    provider::Knobs,
};
use serde_json::{Value, json};

/// Makes groups in the console.
async fn make(owner: &Browser, keys: &[&str]) {
    for key in keys {
        let form = [("form[key]", *key), ("form[name]", ""), ("form[description]", "d")];
        let page = owner.post("/fn/admin/group/create", &form).await;
        assert_eq!(page.path(), format!("/admin/groups/{key}"), "{}", page.body);
        assert!(page.has("Group created."), "{}", page.body);
    }
}

/// Says in the console which values of a provider give which groups.
async fn map(owner: &Browser, key: &str, more: &[(&str, &str)], rules: &[(&str, &str)]) -> Page {
    let mut form = vec![("form[key]".to_owned(), key.to_owned())];
    form.extend(more.iter().map(|(name, value)| (format!("form[{name}]"), (*value).to_owned())));
    for (place, (value, group)) in rules.iter().enumerate() {
        form.push((format!("form[rules][{place}][value]"), (*value).to_owned()));
        form.push((format!("form[rules][{place}][group]"), (*group).to_owned()));
    }
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    owner.post("/fn/admin/provider/groups", &form).await
}

/// What an application is told of groups, by its ID token; userinfo says the same.
async fn told(rp: &Rp, b: &Browser) -> Value {
    let tokens = rp.token(&rp.code(b, &[("scope", "openid groups")]).await, &[]).await;
    let told = rp.verified(&tokens.text("id_token")).await["groups"].clone();
    assert_eq!(rp.userinfo(&tokens.text("access_token")).await.body["groups"], told);
    told
}

/// Tokens with a refresh token.
async fn stay(rp: &Rp, b: &Browser) -> String {
    let code = rp.code(b, &[("scope", "openid groups offline_access")]).await;
    rp.token(&code, &[]).await.text("refresh_token")
}

fn entry(page: &Page) -> String {
    page.url.split("entry=").nth(1).unwrap_or_else(|| panic!("{} {}", page.url, page.body)).into()
}

/// The page of an application that lets nobody in who is in none of its groups; answers what the application is told when
/// the person goes back.
async fn shut(rp: &Rp, b: &Browser) -> String {
    let page = b.follow(rp.authorize(b, &[]).await).await;
    assert_eq!((page.path().as_str(), page.status), ("/no-access", 403), "{}", page.body);
    assert!(
        page.has("Ask your administrator") && page.has("Sign in another way"),
        "with what to do next: {}",
        page.body
    );
    let silent = Rp::back(&rp.authorize(b, &[("prompt", "none")]).await);
    assert_eq!(silent["error"], "access_denied");
    let back = b.post_only("/fn/no-access", &[("entry", &entry(&page))]).await;
    Rp::back(&back)["error"].clone()
}

/// Shows GO-08, GO-09, GO-41: the directory says who is in a group, at each sign-in; an application that is open to the
/// group lets its people in and nobody else, and who left has nothing any more, a refresh token neither.
#[tokio::test(flavor = "multi_thread")]
async fn go_08_a_mirroring_directory_fills_a_group_that_opens_an_application_and_empties_it_again()
{
    let w = World::new("recommended").await;
    let at = Directory::serve(0, sample()).await.unwrap();
    w.apply(json!({"providers": [seed(&at, "acme", json!({}))]})).await;
    let owner = w.owner().await;
    make(&owner, &["redaction", "everybody"]).await;
    let rules = [("editors", "redaction"), ("st*", "everybody")];
    let page = map(&owner, "acme", &[("mirrors", "true")], &rules).await;
    assert!(page.has("Saved.") && page.has("value=\"editors\"") && page.has("value=\"st*\""));
    let rp = register(&w, "rp", json!({"groups": ["redaction"]})).await;
    let open = register(&w, "open", json!({})).await;
    // GO-08: the provider is kept apart as ever.
    let c = w.sign_up("cleo@example.test").await;
    let add = c.start_add("acme").await;
    assert_eq!(answer(&c, "acme", &add, "ben", "ben-password").await.refusal(), "link.isolated");
    let (anna, ben) = (w.browser(), w.browser());
    for (b, name) in [(&anna, "anna"), (&ben, "ben")] {
        let chooser = sign_in(b, "acme", name, &format!("{name}-password")).await;
        assert_eq!(b.pick(&chooser, "create_new").await.path(), "/account");
    }
    // Groups come. What is not mapped is not told, although the directory says it.
    assert_eq!(told(&rp, &anna).await, json!(["everybody", "redaction"]));
    assert_eq!(told(&open, &ben).await, json!(["everybody"]));
    assert_eq!(shut(&rp, &ben).await, "access_denied");
    let group = owner.get("/admin/groups/redaction").await;
    assert!(
        group.has("Members: 1")
            && group.has("According to Acme")
            && group.has("Open to this group only")
            && !group.has("/fn/admin/group/remove"),
        "by hand nobody takes back what a provider says: {}",
        group.body
    );
    let refresh = stay(&rp, &anna).await;
    assert_eq!(w.rows("audit_event", "kind", "group.told").await, 2);
    // The same again: nothing is written.
    let again = w.browser();
    assert_eq!(sign_in(&again, "acme", "anna", "anna-password").await.path(), "/account");
    assert_eq!(w.rows("audit_event", "kind", "group.told").await, 2);
    let since = membership_times(&w).await;
    // Groups change: she is no editor any more, and nothing is asked before her next sign-in.
    at.set(sample().into_iter().filter(|e| !e.dn.starts_with("cn=editors")).collect());
    let next = rp.refresh(&refresh).await;
    assert_eq!(next.status, 200, "{}", next.body);
    let refresh = next.text("refresh_token");
    assert_eq!(sign_in(&again, "acme", "anna", "anna-password").await.path(), "/account");
    assert!(membership_times(&w).await.len() < since.len());
    assert_eq!(told(&open, &again).await, json!([]));
    for b in [&anna, &again] {
        assert_eq!(shut(&rp, b).await, "access_denied");
    }
    let ended = rp.refresh(&refresh).await;
    assert_eq!(ended.error(), (400, "invalid_grant"), "who left has no tokens any more");
    assert!(owner.get("/admin/groups/redaction").await.has("Members: 0"));
    // Groups come back, and with them what they open; the token was not spent on a closed door.
    at.set(sample());
    assert_eq!(sign_in(&again, "acme", "anna", "anna-password").await.path(), "/account");
    assert_eq!(told(&rp, &again).await, json!(["everybody", "redaction"]));
    assert_eq!(rp.refresh(&refresh).await.status, 200);
    w.healthy().await;
}

/// When each membership began.
async fn membership_times(w: &World) -> Vec<i64> {
    let mut found = Vec::new();
    let mut c = w.ligature().store.read().await.unwrap();
    let one = w.ligature();
    for group in storage::accounts::groups::list_groups(&mut c, one.org).await.unwrap() {
        for member in
            storage::accounts::groups::list_members(&mut c, group.id, None, 99).await.unwrap()
        {
            let all = storage::accounts::groups::list_memberships(&mut c, member.account).await;
            found.extend(all.unwrap().into_iter().filter(|h| h.group == group).map(|h| h.since));
        }
    }
    found
}

/// Shows GV-18: an account has two providers; each one's groups count while the session stands on it, an administrator's
/// always, and none of one whose link is gone.
#[tokio::test(flavor = "multi_thread")]
async fn gv_18_groups_follow_the_identity_in_use_and_an_administrators_word_stays() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    make(&owner, &["operators", "writers", "club"]).await;
    let says = |groups: Value| Knobs { id_token: groups, ..Knobs::default() };
    w.meridian.set(says(json!({"realm_access": {"roles": ["ops-night", 7, "x"]}})));
    w.atlas.set(says(json!({"groups": "writer"})));
    let attribute = [("attribute", "realm_access.roles")];
    assert!(map(&owner, "meridian", &attribute, &[("ops-*", "operators")]).await.has("Saved."));
    assert!(map(&owner, "atlas", &[], &[("writer", "writers")]).await.has("Saved."));
    let open = register(&w, "open", json!({})).await;
    let rp = register(&w, "rp", json!({"groups": ["operators", "writers"]})).await;
    let b = w.browser();
    assert_eq!(b.sign_in("meridian", "m-vera").await.path(), "/account");
    assert_eq!(told(&open, &b).await, json!(["operators"]));
    assert_eq!(b.add("atlas", "a-vera").await.path(), "/account");
    assert_eq!(told(&open, &b).await, json!(["writers"]), "the session stands on it now");
    let other = w.browser();
    assert_eq!(other.sign_in("meridian", "m-vera").await.path(), "/account");
    assert_eq!(told(&rp, &other).await, json!(["operators"]));
    // An administrator's word counts whichever way is used.
    let list = owner.get("/admin/accounts?q=vera").await;
    let account = list.body.split("href=\"/admin/accounts/").nth(1).unwrap();
    let account = account.split('"').next().unwrap().to_owned();
    let form = [("form[key]", "club"), ("form[who]", account.as_str())];
    assert!(owner.post("/fn/admin/group/add", &form).await.has("Added to the group."));
    assert!(owner.post("/fn/admin/group/add", &form).await.has("in the group already"));
    assert_eq!(told(&open, &b).await, json!(["club", "writers"]));
    assert_eq!(told(&open, &other).await, json!(["club", "operators"]));
    let page = owner.get(&format!("/admin/accounts/{account}")).await;
    assert!(
        page.has("Added by an administrator")
            && page.has("According to Meridian")
            && page.has("According to Atlas"),
        "{}",
        page.body
    );
    // By hand only an administrator's word is taken back.
    let gone = [("form[key]", "writers"), ("form[who]", account.as_str())];
    assert_eq!(owner.post("/fn/admin/group/remove", &gone).await.refusal(), "server.not_found");
    assert!(owner.post("/fn/admin/group/remove", &form).await.has("Removed from the group."));
    assert_eq!(told(&open, &other).await, json!(["operators"]));
    // A value that gives nothing any more ends what it gave, at once.
    assert!(map(&owner, "meridian", &attribute, &[("ops", "operators")]).await.has("Saved."));
    assert_eq!(told(&open, &other).await, json!([]));
    assert_eq!(shut(&rp, &other).await, "access_denied");
}

/// Shows ID-11, DL-03: who runs a provider without saying whose word counts gets into no group by it, and changes no
/// provider whose word gives one.
#[tokio::test(flavor = "multi_thread")]
async fn id_11_a_provider_administrator_gets_nobody_into_a_group() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    make(&owner, &["staff"]).await;
    let delegate = with_role(&w, "provider@example.test", "provider-admin").await;
    // The way without an attack: an owner says so, and a name is the delegate's to change.
    assert!(map(&owner, "pigeon", &[], &[("boss", "staff")]).await.has("Saved."));
    let renamed = [("form[key]", "pigeon"), ("form[name]", "Brieftaube")];
    assert!(delegate.post("/fn/admin/provider", &renamed).await.has("Saved."));
    let page = delegate.get("/admin/providers/pigeon").await;
    assert!(page.has("Only an owner can change this"), "{}", page.body);
    for (value, mirrors) in [("*all", "true"), ("me", "false"), ("boss", "false")] {
        let page = map(&delegate, "pigeon", &[("mirrors", mirrors)], &[(value, "staff")]).await;
        assert_eq!(page.refusal(), "admin.forbidden", "{}", page.body);
    }
    let source = [
        ("form[key]", "pigeon"),
        ("form[settings][client_id]", "another"),
        ("form[secret]", "again"),
    ];
    let page = delegate.post("/fn/admin/provider", &source).await;
    assert!(page.has("only an owner can change its issuer"), "{}", page.body);
    let form = [("form[key]", "pigeon"), ("form[fields][0][field]", "attr.staff")];
    let page = delegate.post("/fn/admin/provider/profile", &form).await;
    assert_eq!(page.refusal(), "admin.forbidden", "{}", page.body);
    for (path, form) in [
        ("/fn/admin/group/create", vec![("form[key]", "mine")]),
        ("/fn/admin/group", vec![("form[key]", "staff"), ("form[name]", "Mine")]),
        (
            "/fn/admin/group/add",
            vec![("form[key]", "staff"), ("form[who]", "provider@example.test")],
        ),
        ("/fn/admin/group/delete", vec![("form[key]", "staff")]),
    ] {
        for role in ["provider-admin", "support", "auditor"] {
            let email = format!("{role}-{}@example.test", path.replace('/', "-"));
            let b = with_role(&w, &email, role).await;
            assert_eq!(b.post(path, &form).await.refusal(), "admin.forbidden", "{role} {path}");
        }
    }
    let auditor = with_role(&w, "looks@example.test", "auditor").await;
    let list = auditor.get("/admin/groups").await;
    assert!(list.has("staff") && !list.has("/fn/admin/group/create"), "{}", list.body);
    assert_eq!(
        delegate.get("/admin/groups").await.status,
        403,
        "whose members are nobody's business"
    );
}

/// Shows GO-08: a provider that mirrors its groups without a mapping has its names told on, but none that is a group of the
/// organisation, and none opens an application.
#[tokio::test(flavor = "multi_thread")]
async fn go_08_a_mirrored_name_neither_passes_for_a_group_nor_opens_anything() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    assert!(map(&owner, "harbour", &[("mirrors", "true")], &[]).await.has("Saved."));
    w.harbour.set(Knobs {
        id_token: json!({"groups": ["Staff", "editors", "owner"]}),
        ..Knobs::default()
    });
    let open = register(&w, "open", json!({})).await;
    let b = w.browser();
    let chooser = b.sign_in("harbour", "h-1").await;
    assert_eq!(b.pick(&chooser, "create_new").await.path(), "/account");
    assert_eq!(told(&open, &b).await, json!(["Staff", "editors", "owner"]), "as ever");
    make(&owner, &["staff"]).await;
    let rp = register(&w, "rp", json!({"groups": ["staff"]})).await;
    assert_eq!(told(&open, &b).await, json!(["editors", "owner"]));
    assert_eq!(shut(&rp, &b).await, "access_denied");
}

/// Deleting a group ends its memberships and opens nothing: an application that is open to it alone stays closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_group_leaves_its_application_closed_and_a_new_one_of_the_name_begins_empty() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    make(&owner, &["staff"]).await;
    let rp = register(&w, "rp", json!({"groups": ["Staff"]})).await;
    let b = w.sign_up("vera@example.test").await;
    assert_eq!(shut(&rp, &b).await, "access_denied");
    let form = [("form[key]", "staff"), ("form[who]", " Vera@Example.test ")];
    assert!(owner.post("/fn/admin/group/add", &form).await.has("Added to the group."));
    assert_eq!(told(&rp, &b).await, json!(["staff"]));
    let nobody = [("form[key]", "staff"), ("form[who]", "nobody@example.test")];
    let page = owner.post("/fn/admin/group/add", &nobody).await;
    assert!(page.has("No account has this address or id."), "{}", page.body);
    // People see another name, applications the same key.
    let renamed =
        [("form[key]", "staff"), ("form[name]", "Belegschaft"), ("form[description]", "")];
    let page = owner.post("/fn/admin/group", &renamed).await;
    assert!(page.has("<h1>Belegschaft</h1>"), "{}", page.body);
    assert_eq!(told(&rp, &b).await, json!(["staff"]));
    let asks = owner.get("/admin/groups/staff/delete").await;
    assert!(
        asks.has("The rp") && asks.has("Will let nobody in") && asks.has("who are in it: 1"),
        "{}",
        asks.body
    );
    let page = owner.post("/fn/admin/group/delete", &[("form[key]", "staff")]).await;
    assert!(page.has("Group deleted."), "{}", page.body);
    assert_eq!(shut(&rp, &b).await, "access_denied", "and not open to everybody");
    make(&owner, &["staff"]).await;
    assert_eq!(shut(&rp, &b).await, "access_denied", "nobody is in the new one");
    for (key, problem) in [
        ("STAFF", "There is a group with this key"),
        ("owner", "no name of a role"),
        ("a,b", "Use up to 64"),
    ] {
        let page = owner.post("/fn/admin/group/create", &[("form[key]", key)]).await;
        assert!(page.path() == "/admin/groups" && page.has(problem), "{key}: {}", page.body);
    }
    let audit = owner.get("/admin/audit").await;
    for text in
        ["Group created", "Group renamed", "Group deleted", "Added to a group", "Not let into an"]
    {
        assert!(audit.has(text), "{text}: {}", audit.body);
    }
}

/// Shows GO-43, GO-44, GO-45, GO-42: the worked example in the console's form: attributes of the provider go to fields, the
/// list of what is updated names fields, and linking the provider changes none.
#[tokio::test(flavor = "multi_thread")]
async fn go_43_go_44_go_45_the_form_of_a_provider_says_which_attribute_fills_which_field_and_when()
{
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let line = |n: usize, field: &str, attribute: &str, on: &[&str]| {
        let mut all = vec![
            (format!("form[fields][{n}][field]"), field.to_owned()),
            (format!("form[fields][{n}][attribute]"), attribute.to_owned()),
        ];
        all.extend(on.iter().map(|o| (format!("form[fields][{n}][{o}]"), "true".to_owned())));
        all
    };
    let save = async |lines: Vec<Vec<(String, String)>>| {
        let mut form = vec![("form[key]".to_owned(), "meridian".to_owned())];
        form.extend(lines.into_iter().flatten());
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        owner.post("/fn/admin/provider/profile", &form).await
    };
    let page = save(vec![
        line(0, "name", "", &["on_create"]),
        line(1, "given_name", "givenName", &["on_create"]),
        line(2, "family_name", "sn", &["on_create", "on_login"]),
        line(3, "attr.unit", "https://corp.test/unit", &["on_login"]),
        line(4, "", "left over", &["on_login"]),
    ])
    .await;
    assert!(
        page.has("Saved.")
            && page.has("value=\"sn\"")
            && page.has("value=\"https://corp.test/unit\""),
        "{}",
        page.body
    );
    assert!(
        page.has("Asked of this provider:") && page.has("openid email"),
        "NE-13: {}",
        page.body
    );
    let says = |given: &str, last: &str| {
        let claims = json!({"givenName": given, "sn": last, "given_name": "wrong", "https://corp.test/unit": "Night"});
        Knobs { id_token: claims, ..Knobs::default() }
    };
    w.meridian.set(says("Vera", "Lin"));
    let b = w.browser();
    let first = b.sign_in("meridian", "m-vera").await;
    assert!(first.has("Lin") && !first.has("wrong") && !first.has("Night"), "{}", first.body);
    w.meridian.set(says("Veronika", "Berg"));
    let again = w.browser();
    let page = again.sign_in("meridian", "m-vera").await;
    assert!(
        page.has("Berg") && page.has("Night") && !page.has("Veronika"),
        "GO-43, GO-42: {}",
        page.body
    );
    // GO-45: another account adds the provider; its fields stay.
    let c = w.sign_up("cleo@example.test").await;
    w.meridian.person("m-cleo", json!({"name": "Cleo"}));
    let added = c.add("meridian", "m-cleo").await;
    assert!(
        added.path() == "/account" && !added.has("Berg") && !added.has("Night"),
        "{}",
        added.body
    );
    // What cannot be is told, and what was typed stays.
    let page = save(vec![line(0, "role", "roles", &["on_login"])]).await;
    assert!(
        page.has("cannot be filled by a provider") && page.has("value=\"role\""),
        "{}",
        page.body
    );
    let page = save(vec![line(0, "name", "= claims.a +", &["on_login"])]).await;
    assert!(page.has("choices.mapping.name"), "{}", page.body);
}

/// A seed makes groups, so that its applications and documents can name them; once more, it names them anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_seed_makes_groups_and_names_them_anew() {
    let w = World::new("recommended").await;
    let staff = |name: &str| json!({"key": "staff", "name": name, "description": "Everybody"});
    w.apply(json!({"groups": [staff("Staff"), {"key": "ops"}]})).await;
    w.apply(json!({"groups": [staff("All of us")]})).await;
    let list = w.owner().await.get("/admin/groups").await;
    assert!(list.has("All of us") && list.has("ops") && !list.has(">Staff<"), "{}", list.body);
    assert_eq!(w.rows("audit_event", "kind", "group.created").await, 2);
    assert_eq!(w.rows("audit_event", "kind", "group.changed").await, 1);
    let wrong = serde_json::from_value(json!({"groups": [{"key": "owner"}]})).unwrap();
    assert!(server::seed::apply(&w.ligature(), wrong).await.is_err(), "a role's name");
}

/// The device of somebody who is in none of the groups gets nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_let_in_by_members_only() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    make(&owner, &["staff"]).await;
    let settings = json!({"groups": ["staff"], "kind": "native", "grants": ["device_code"]});
    let rp = register(&w, "tv", settings).await;
    let begun = async || {
        let asked = rp.post("/device_authorization", &[("scope", "openid")]).await;
        (asked.text("device_code"), asked.text("user_code"))
    };
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let poll = async |device: &str| {
        let form = [("grant_type", grant), ("device_code", device)];
        rp.post("/token", &form).await.error().1.to_owned()
    };
    let (device, code) = begun().await;
    let (vera, ben) = (w.sign_up("vera@example.test").await, w.sign_up("ben@example.test").await);
    let form = [("form[key]", "staff"), ("form[who]", "vera@example.test")];
    owner.post("/fn/admin/group/add", &form).await;
    assert_eq!(poll(&device).await, "authorization_pending");
    let page = ben.get(&format!("/device?code={code}")).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.has("have access to this application"), "{}", page.body);
    // The device hears it at its next question, and nobody else can use its code.
    w.pass(5);
    assert_eq!(poll(&device).await, "access_denied");
    assert!(vera.get(&format!("/device?code={code}")).await.has("No device is waiting"));
    assert_eq!(w.rows("audit_event", "kind", "application.not_a_member").await, 1);
    // The same where the page was shown before the application was closed to the person.
    let (device, code) = begun().await;
    let refused = ben.post("/fn/device", &[("code", &code), ("answer", "allow")]).await;
    assert_eq!(refused.refusal(), "app.not_a_member");
    w.pass(5);
    assert_eq!(poll(&device).await, "access_denied");
    let (_, code) = begun().await;
    let page = vera.get(&format!("/device?code={code}")).await;
    assert!(page.has("/fn/device"), "{}", page.body);
}
