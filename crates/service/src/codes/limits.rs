//! Who may try how often. A secret is compared only with a [`Counted`] in hand, and only counting and committing makes
//! one; it is cleared by a success of the same side alone. Waiting that shows depends on what was typed and the network;
//! what is counted for the whole account answers like a wrong secret (rule 23, LO-01 to LO-03).
use domain::{
    AccountId, DAY, EventKind, HOUR, MINUTE, Micros, Refusal,
    audit_events::Target,
    contact::Contact,
    limits::{
        DEVICE_CODES, DIRECTORY_TRIES, FACTOR_TRIES, IN_A_ROW, KNOWN_FOR, NETWORK, ROW_KEPT,
        SPRAYED, Side, messages_a_day, wait,
    },
};
use storage::{
    Conn,
    sign_in::{
        browsers::{find_browser, forget_browsers, set_browser},
        counters::{Limit, clear},
    },
};

use crate::{
    Error, RequestContext,
    audit::Event,
    codes::challenge::Binding,
    services::Codes,
    sign_in::sessions::Opening,
    transaction::{LiveRequest, Transactions},
};

/// What is guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guarded {
    Password,
    /// A code of an authenticator.
    Factor,
    RecoveryCode,
    /// The short code of a device that waits.
    Device,
    /// A password that a directory checks: whose account it is shows only afterwards.
    Directory,
}

impl Guarded {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Password => b"password",
            Self::Factor => b"factor",
            Self::RecoveryCode => b"recovery",
            Self::Device => b"device",
            Self::Directory => b"directory",
        }
    }
}

/// From where somebody tries.
struct Place {
    side: Side,
    /// The known browser, by its name for the account; empty for everybody else.
    browser: Vec<u8>,
    /// When somebody last signed in to the account there.
    seen_at: Option<Micros>,
}

/// What a finished sign-in changes of the counts, to be written with its session.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    /// The browser that is known from now on, by its name for the account.
    pub browser: Option<Vec<u8>>,
    /// Wrong answers in a row that are over.
    pub over: Vec<Limit>,
}

/// A try that was counted, in a transaction of its own.
#[derive(Debug)]
#[must_use]
pub(crate) struct Counted {
    /// What it counted in, apart from the whole account's.
    taken: Vec<Limit>,
    /// Wrong ones in a row, for the whole account.
    whole: Limit,
    open: bool,
    /// The network is full with this one.
    pub fills_network: bool,
}

impl Counted {
    /// Whether the secret may be looked at. If not, the answer is "wrong", after the same time.
    pub fn opens(&self) -> bool {
        self.open
    }

    /// The secret was not looked at after all, for want of room: the try counts nowhere.
    pub async fn was_not_made(&self, c: &mut Conn) -> Result<(), Error> {
        for limit in self.taken.iter().chain(self.open.then_some(&self.whole)) {
            limit.give_back(c).await?;
        }
        Ok(())
    }

    /// The secret was right: nothing was wrong about this try, and the row of this side is over.
    pub async fn was_right(&self, c: &mut Conn) -> Result<(), Error> {
        for limit in &self.taken {
            limit.give_back(c).await?;
        }
        Ok(clear(c, std::slice::from_ref(&self.whole)).await?)
    }
}

impl Codes {
    pub(crate) fn limit(&self, parts: &[&[u8]], most: i64, window: Micros) -> Limit {
        Limit { subject: self.keys.lookup(parts), most, window }
    }

    /// Wrong answers in a row of one side, for the whole account; for an identifier without one they count nothing, and
    /// cost the same.
    fn whole(&self, what: Guarded, side: Side, account: Option<AccountId>, typed: &[u8]) -> Limit {
        let whose: &[u8] = account.as_ref().map_or(typed, |a| &a.0);
        let kind: &[u8] = if account.is_some() { b"account" } else { b"nobody" };
        self.limit(
            &[b"in-a-row", what.name(), side.name().as_bytes(), kind, whose],
            IN_A_ROW,
            ROW_KEPT,
        )
    }

    /// Passwords that may be tried for one name at a directory in an hour, from everywhere together: it is the directory that
    /// knows its people, so nothing here lasts longer.
    fn directory_hour(&self, typed: &[u8]) -> Limit {
        self.limit(&[b"directory-hour", typed], DIRECTORY_TRIES, HOUR)
    }

    /// Counts a try before its secret is looked at. `typed` is what the person named the account by; empty in a session.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when what was typed, or the network, has to wait.
    pub(crate) async fn count_try(
        &self,
        ctx: &RequestContext,
        what: Guarded,
        account: Option<AccountId>,
        typed: &[u8],
    ) -> Result<Counted, Error> {
        let typed = typed.to_vec();
        self.retry_transaction(ctx, async move |this, c, ctx| {
            this.count_try_in(c, &ctx, what, account, &typed).await
        })
        .await
    }

    async fn count_try_in(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        what: Guarded,
        account: Option<AccountId>,
        typed: &[u8],
    ) -> Result<Counted, Error> {
        let (now, Place { side, browser, .. }) = (self.now(), self.place(c, ctx, account).await?);
        let nobody = AccountId([0; 16]);
        // A known browser is counted by itself: what strangers do with the same identifier is nothing to it. Behind a
        // first proof, or in a session, there is nothing left to hide of the account.
        let whose: &[u8] = match (side, what) {
            (Side::Stranger, Guarded::Password | Guarded::Directory) => &[],
            (Side::Known, _) | (_, Guarded::Factor | Guarded::RecoveryCode | Guarded::Device) => {
                &account.as_ref().unwrap_or(&nobody).0
            }
        };
        // Nobody's browser is known before the directory has said who it is: networks are told apart instead.
        let near = if what == Guarded::Directory { ctx.network.as_bytes() } else { &browser };
        let shown = |name: &[u8], most, window| {
            self.limit(
                &[b"tries", name, what.name(), side.name().as_bytes(), typed, whose, near],
                most,
                window,
            )
        };
        let whole = match what {
            Guarded::Directory => self.directory_hour(typed),
            _ => self.whole(what, side, account, typed),
        };
        let mut taken = Vec::new();
        let window = match what {
            Guarded::Password | Guarded::Factor | Guarded::Directory => {
                let today = shown(b"day", i64::MAX, DAY);
                let tries = today.take(c, now).await?.unwrap_or(i64::MAX);
                taken.push(today);
                wait(tries)
            }
            Guarded::RecoveryCode => wait(0),
            Guarded::Device => HOUR,
        };
        let most = match what {
            Guarded::Password | Guarded::Directory => self.settings.wrong_passwords,
            Guarded::Factor | Guarded::RecoveryCode => FACTOR_TRIES,
            Guarded::Device => DEVICE_CODES,
        };
        // What is refused is rolled back: it counts nowhere.
        let lately = shown(b"lately", most, window);
        lately.take(c, now).await?.ok_or(Refusal::RateLimited)?;
        taken.push(lately);
        let mut fills_network = false;
        if side == Side::Stranger && matches!(what, Guarded::Password | Guarded::Directory) {
            let network = self.limit(
                &[b"password-network", ctx.network.as_bytes()],
                most.saturating_mul(NETWORK),
                15 * MINUTE,
            );
            let n = network.take(c, now).await?.ok_or(Refusal::RateLimited)?;
            fills_network = n == network.most;
            taken.push(network);
        }
        let open = match what {
            Guarded::Password | Guarded::Factor => whole.take(c, now).await?.is_some(),
            Guarded::Directory => {
                whole.take(c, now).await?.ok_or(Refusal::RateLimited)?;
                true
            }
            Guarded::RecoveryCode | Guarded::Device => true,
        };
        Ok(Counted { taken, whole, open, fills_network })
    }

    /// From where an account, or nobody's, is tried.
    async fn place(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        account: Option<AccountId>,
    ) -> Result<Place, Error> {
        let asked = account.unwrap_or(AccountId([0; 16]));
        let browser = self.browser_of(ctx, asked);
        let seen_at = find_browser(c, asked, &browser, self.now() - KNOWN_FOR)
            .await?
            .filter(|_| !ctx.browser.is_empty());
        let own = account.is_some() && ctx.session.as_ref().is_some_and(|s| s.account == asked);
        Ok(match (seen_at, own) {
            (Some(_), _) => Place { side: Side::Known, browser, seen_at },
            // A session without its browser: whoever has it could send another binding cookie with each try.
            (None, true) => Place { side: Side::Known, browser: Vec::new(), seen_at },
            (None, false) => Place { side: Side::Stranger, browser: Vec::new(), seen_at },
        })
    }

    /// How a browser is named for one account: rows of two accounts do not tell that they share it.
    fn browser_of(&self, ctx: &LiveRequest, account: AccountId) -> Vec<u8> {
        self.keys.lookup(&[b"known-browser", &account.0, &ctx.browser])
    }

    /// Somebody signed in to the account here and finished: the wrong answers of this side are over, and the browser is
    /// known from now on. Where it was known an hour ago, and nothing was typed this time, that was all done then.
    pub(crate) async fn finished(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        opening: &Opening,
    ) -> Result<Finished, Error> {
        let (now, account) = (self.now(), opening.account);
        let place = self.place(c, ctx, Some(account)).await?;
        let lately = place.seen_at.is_some_and(|at| at > now - HOUR);
        let mut finished = Finished::default();
        if !lately || opening.provider.is_none() || !opening.factor.is_empty() {
            finished.over = [Guarded::Password, Guarded::Factor]
                .map(|what| self.whole(what, place.side, Some(account), &[]))
                .into();
        }
        if !lately && !ctx.browser.is_empty() {
            finished.browser = Some(self.browser_of(ctx, account));
        }
        Ok(finished)
    }

    /// Every browser is a stranger's again, except the one that asks for it, if given.
    pub(crate) async fn forget_known_browsers(
        &self,
        c: &mut Conn,
        account: AccountId,
        except: Option<&LiveRequest>,
    ) -> Result<(), Error> {
        forget_browsers(c, account).await?;
        match except.filter(|v| !v.browser.is_empty()) {
            Some(ctx) => {
                Ok(set_browser(c, account, &self.browser_of(ctx, account), self.now()).await?)
            }
            None => Ok(()),
        }
    }

    /// A new secret starts without the wrong answers for the old one.
    pub(crate) async fn forget_tries(
        &self,
        c: &mut Conn,
        what: Guarded,
        account: AccountId,
    ) -> Result<(), Error> {
        Ok(clear(c, &Side::ALL.map(|side| self.whole(what, side, Some(account), &[]))).await?)
    }

    /// Whether a code may go out, and its challenge be opened. One count for the account and day over every kind of code,
    /// whichever of its addresses and numbers they go to (RL-15); a budget for each address (RL-05); what costs money
    /// has one for all. Beyond any of them nothing looks different. `opens`: it is no new code for a challenge that is open.
    pub(crate) async fn may_send_code(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        binding: &Binding,
        opens: bool,
        text: bool,
    ) -> Result<bool, Error> {
        let contact = Contact::parse(&binding.address).ok();
        let to = contact.as_ref().map_or("", Contact::as_str).as_bytes();
        // A code that proves an address stands in front of whoever owns it.
        let guarded = match (binding.account, &contact) {
            (Some(account), _) => Some(account),
            (None, Some(contact)) => self.find_contact_owner(c, contact).await?,
            (None, None) => None,
        };
        let side = self.place(c, ctx, guarded).await?.side;
        let (whose, most): (&[u8], _) =
            guarded.as_ref().map_or((to, i64::MAX), |a| (&a.0, self.settings.codes_a_day));
        let an_hour = self.settings.mails_an_hour;
        let side = side.name().as_bytes();
        let mut limits = vec![
            self.limit(&[b"mails-hour", side, to], an_hour, HOUR),
            self.limit(&[b"mails-day", side, to], messages_a_day(an_hour), DAY),
        ];
        if opens {
            limits.push(self.limit(&[b"codes-day", side, whose], most, DAY));
        }
        if text {
            limits.push(self.limit(&[b"texts-hour"], self.settings.texts_an_hour, HOUR));
        }
        let now = self.now();
        for (n, limit) in limits.iter().enumerate() {
            if limit.take(c, now).await?.is_some() {
                continue;
            }
            for taken in limits.iter().take(n) {
                taken.give_back(c).await?;
            }
            if text && n + 1 == limits.len() {
                self.tell_of_texts(c).await?;
            }
            return Ok(false);
        }
        Ok(true)
    }

    /// Texts cost money, and whoever causes many may earn some of it: the console hears once an hour that none go out.
    async fn tell_of_texts(&self, c: &mut Conn) -> Result<(), Error> {
        let told = self.limit(&[b"texts-flood"], 1, HOUR);
        if told.take(c, self.now()).await?.is_some() {
            self.record(
                c,
                Event::system(EventKind::TextsFlood, Target::Instance)
                    .detail(serde_json::json!({ "texts": self.settings.texts_an_hour })),
            )
            .await?;
        }
        Ok(())
    }

    /// Wrong codes of all accounts together: from a hundred an hour on somebody sprays. The console hears of it, and new
    /// codes are longer with one try; nobody is kept out (RL-06).
    pub(crate) async fn count_wrong_code(&self) -> Result<(), Error> {
        let this = self.clone();
        self.store
            .write(move |c| {
                Box::pin(async move {
                    if this.wrong_codes().take(c, this.now()).await? == Some(SPRAYED) {
                        this.record(
                            c,
                            Event::system(EventKind::CodeSpray, Target::Instance)
                                .detail(serde_json::json!({ "wrong_codes": SPRAYED })),
                        )
                        .await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    pub(crate) async fn is_sprayed(&self, c: &mut Conn) -> Result<bool, Error> {
        Ok(self.wrong_codes().count(c, self.now()).await? >= SPRAYED)
    }

    fn wrong_codes(&self) -> Limit {
        self.limit(&[b"wrong-codes"], i64::MAX, HOUR)
    }
}
