//! What is read from a provider and kept for a while: one fetch for all who wait, the old copy while a new one cannot be
//! had, and a failure that is remembered briefly so that nobody waits for it again.
use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{DAY, HOUR, Micros, SECOND};

use crate::UpstreamError;

/// Read again after this time.
const AGAIN: Micros = HOUR;
/// An old copy is used for so long while a newer one cannot be read.
const OLDEST: Micros = DAY;
/// A failure is told again for so long, without asking.
const FAILED: Micros = 2 * SECOND;

/// A copy and when it was read.
#[derive(Debug)]
pub struct Copied<T> {
    pub value: T,
    pub at: Micros,
}

/// Who brought what a copy was of no use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The provider itself, asked by us.
    Provider,
    /// Anybody.
    Anybody,
}

#[derive(Debug)]
struct State<T> {
    copy: Option<Arc<Copied<T>>>,
    failed: Option<(UpstreamError, Micros)>,
    /// Counts fetches that ended.
    ended: u64,
    /// When another copy was asked for last, on whose account.
    forced: [Option<Micros>; 2],
}

/// One thing that is read.
#[derive(Debug)]
pub struct Cache<T> {
    state: Mutex<State<T>>,
    flight: tokio::sync::Mutex<()>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State { copy: None, failed: None, ended: 0, forced: [None; 2] }),
            flight: tokio::sync::Mutex::default(),
        }
    }
}

impl<T> Cache<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The copy, however old.
    pub fn peek(&self) -> Option<Arc<Copied<T>>> {
        self.state().copy.clone()
    }

    /// A copy that is new enough, or a new one.
    ///
    /// # Errors
    /// Those of `fetch`, where there is no copy that may still be used.
    pub async fn get(
        &self,
        now: Micros,
        fetch: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Result<Arc<Copied<T>>, UpstreamError> {
        let than = now.saturating_sub(AGAIN);
        let (copy, ended) = {
            let state = self.state();
            (state.copy.clone(), state.ended)
        };
        if let Some(copy) = copy.as_ref().filter(|c| c.at > than) {
            return Ok(Arc::clone(copy));
        }
        let usable = copy.filter(|c| c.at > now.saturating_sub(OLDEST));
        let flight = match (&usable, self.flight.try_lock()) {
            (_, Ok(flight)) => flight,
            // Somebody reads it anew: nobody else waits for that.
            (Some(copy), Err(_)) => return Ok(Arc::clone(copy)),
            (None, Err(_)) => self.flight.lock().await,
        };
        {
            let state = self.state();
            if let Some(copy) = state.copy.as_ref().filter(|c| c.at > than) {
                return Ok(Arc::clone(copy));
            }
            // The fetch that was waited for failed, or one did just before.
            if let Some((error, at)) = state.failed.as_ref().filter(|(_, at)| {
                state.ended != ended || now.saturating_sub(*at) < FAILED && *at <= now
            }) {
                tracing::debug!(%error, at, "told again");
                return usable.ok_or_else(|| error.clone().unasked());
            }
        }
        let fetched = fetch.await;
        let mut state = self.state();
        state.ended += 1;
        let result = match fetched {
            Ok(value) => {
                let copy = Arc::new(Copied { value, at: now });
                state.copy = Some(Arc::clone(&copy));
                state.failed = None;
                Ok(copy)
            }
            Err(error) => {
                state.failed = Some((error.clone(), now));
                if usable.is_some() {
                    tracing::warn!(%error, "not read anew; the old copy is used");
                }
                usable.ok_or(error)
            }
        };
        drop(state);
        drop(flight);
        result
    }

    /// Another copy than this one, which was of no use: one that was read meanwhile, or a new one, but not more often than
    /// `every`. `None` where there is no other. What anybody can send has an allowance of its own, so that it never uses up that
    /// of a provider's own answers.
    pub async fn other_than(
        &self,
        old: &Arc<Copied<T>>,
        now: Micros,
        (sender, every): (Sender, Micros),
        fetch: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Option<Arc<Copied<T>>> {
        let flight = self.flight.lock().await;
        {
            let mut state = self.state();
            if let Some(copy) = state.copy.as_ref().filter(|copy| !Arc::ptr_eq(copy, old)) {
                return Some(Arc::clone(copy));
            }
            let [provider, anybody] = &mut state.forced;
            let forced = if sender == Sender::Provider { provider } else { anybody };
            if forced.is_some_and(|at| at <= now && now.saturating_sub(at) < every) {
                return None;
            }
            *forced = Some(now);
        }
        let fetched = fetch.await;
        let mut state = self.state();
        state.ended += 1;
        let result = fetched.inspect_err(|error| tracing::warn!(%error, "not read anew")).ok().map(
            |value| {
                let copy = Arc::new(Copied { value, at: now });
                state.copy = Some(Arc::clone(&copy));
                copy
            },
        );
        drop(state);
        drop(flight);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::error::{Part, Trouble};

    fn down() -> UpstreamError {
        UpstreamError::Down(Trouble::new(Part::Metadata, "status 503"))
    }

    /// Seen beside FR-65: "a failed refresh of metadata refuses people although a copy is there".
    #[tokio::test]
    async fn a_copy_is_kept_for_an_hour_and_used_for_a_day_while_no_newer_one_can_be_had() {
        let cache = Cache::default();
        let at = 100 * DAY;
        assert_eq!(cache.get(at, async { Ok(1) }).await.unwrap().value, 1);
        assert_eq!(cache.get(at + HOUR - 1, async { Ok(2) }).await.unwrap().value, 1, "new enough");
        assert_eq!(
            cache.get(at + HOUR, async { Err(down()) }).await.unwrap().value,
            1,
            "the old one, since there is no newer one"
        );
        assert_eq!(
            cache.get(at + HOUR + 1, async { Ok(3) }).await.unwrap().value,
            1,
            "the failure is remembered"
        );
        assert_eq!(cache.get(at + HOUR + FAILED, async { Ok(4) }).await.unwrap().value, 4);
        assert_eq!(
            cache.get(at + 3 * DAY, async { Err(down()) }).await.unwrap_err(),
            down(),
            "too old"
        );
    }

    #[tokio::test]
    async fn all_who_wait_share_one_fetch_whether_it_works_or_fails() {
        let (cache, asked) = (Arc::new(Cache::default()), Arc::new(AtomicUsize::new(0)));
        let at = 100 * DAY;
        for (works, expected) in [(false, 1), (true, 2)] {
            let (open, closed) = tokio::sync::watch::channel(false);
            let waiting: Vec<_> = (0..20)
                .map(|_| {
                    let (cache, asked, mut closed) =
                        (Arc::clone(&cache), Arc::clone(&asked), closed.clone());
                    tokio::spawn(async move {
                        let fetch = async move {
                            asked.fetch_add(1, Ordering::Relaxed);
                            closed.wait_for(|open| *open).await.unwrap();
                            if works { Ok(7) } else { Err(down()) }
                        };
                        cache
                            .get(at + if works { MINUTE_LATER } else { 0 }, fetch)
                            .await
                            .map(|copy| copy.value)
                    })
                })
                .collect();
            while asked.load(Ordering::Relaxed) < expected {
                tokio::task::yield_now().await;
            }
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            open.send(true).unwrap();
            let mut own = 0;
            for one in waiting {
                match one.await.unwrap() {
                    Ok(value) => assert!(works && value == 7),
                    Err(error) if error == down() => own += 1,
                    // The others hear of the failure of somebody else's request.
                    Err(error) => assert!(!works && error == down().unasked()),
                }
            }
            assert_eq!(own, i32::from(!works));
            assert_eq!(asked.load(Ordering::Relaxed), expected);
        }
    }

    /// OC-10: one re-reading a minute, however many unknown keys come.
    #[tokio::test]
    async fn another_copy_is_read_at_once_but_not_more_often_than_said() {
        let cache = Cache::default();
        let first = cache.get(DAY, async { Ok(1) }).await.unwrap();
        let second = cache
            .other_than(&first, DAY, (Sender::Provider, MINUTE_LATER), async { Ok(2) })
            .await
            .unwrap();
        assert_eq!(second.value, 2);
        assert_eq!(
            cache
                .other_than(&first, DAY, (Sender::Provider, MINUTE_LATER), async { Ok(3) })
                .await
                .unwrap()
                .value,
            2,
            "somebody had read it"
        );
        assert!(
            cache
                .other_than(
                    &second,
                    DAY + MINUTE_LATER - 1,
                    (Sender::Provider, MINUTE_LATER),
                    async { Ok(3) }
                )
                .await
                .is_none()
        );
        assert_eq!(
            cache
                .other_than(&second, DAY + MINUTE_LATER, (Sender::Provider, MINUTE_LATER), async {
                    Ok(3)
                })
                .await
                .unwrap()
                .value,
            3
        );
    }

    const MINUTE_LATER: Micros = domain::MINUTE;
}
