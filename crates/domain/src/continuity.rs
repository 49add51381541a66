//! Whether a change of the configuration may take the last way in from people: only if somebody was shown how many they
//! are and said so (AD-07). And what else is asked before it is done.

/// What somebody was shown on the page that asks, and agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// So many accounts would be left without a way in.
    pub stranded: i64,
    /// Those with an address are told how to come back.
    pub tell: bool,
}

/// On whose word the change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The operator's, who has the master key: nobody is there to be asked, and the event tells the number.
    Operator,
    /// An administrator's, with what they agreed to.
    Administrator(Option<Consent>),
}

/// What a change does to others, read in the transaction that makes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effect {
    /// Accounts that have a way in now and would have none.
    pub stranded: i64,
    /// It lets more in than before: by a provider's word alone, or by the word of one that was not believed.
    pub widens: bool,
}

/// Somebody has to agree first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAgreed(pub Effect);

/// Decides whether the change may be made now. Who agreed to a number agrees to every smaller one.
///
/// # Errors
/// [`NotAgreed`] with what has to be shown.
pub fn may_take_effect(effect: Effect, word: Word) -> Result<(), NotAgreed> {
    let asks = effect.stranded > 0 || effect.widens;
    match word {
        Word::Operator => Ok(()),
        Word::Administrator(_) if !asks => Ok(()),
        Word::Administrator(Some(consent)) if effect.stranded <= consent.stranded => Ok(()),
        Word::Administrator(_) => Err(NotAgreed(effect)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(stranded: i64) -> Word {
        Word::Administrator(Some(Consent { stranded, tell: false }))
    }

    /// Shows AD-07: nobody is left outside unless that very number, or a larger one, was agreed to.
    #[test]
    fn ad_07_the_number_is_asked_for_and_asked_for_again_when_it_grew() {
        let three = Effect { stranded: 3, widens: false };
        assert_eq!(may_take_effect(three, Word::Administrator(None)), Err(NotAgreed(three)));
        assert_eq!(may_take_effect(three, agreed(2)), Err(NotAgreed(three)));
        assert_eq!(may_take_effect(three, agreed(3)), Ok(()));
        assert_eq!(may_take_effect(three, agreed(4)), Ok(()));
        assert_eq!(may_take_effect(three, Word::Operator), Ok(()));
        assert_eq!(may_take_effect(Effect::default(), Word::Administrator(None)), Ok(()));
    }

    #[test]
    fn what_widens_is_asked_for_though_nobody_is_left_outside() {
        let wider = Effect { stranded: 0, widens: true };
        assert_eq!(may_take_effect(wider, Word::Administrator(None)), Err(NotAgreed(wider)));
        assert_eq!(may_take_effect(wider, agreed(0)), Ok(()));
    }
}
