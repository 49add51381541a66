//! Whose mailbox or phone a code would go to.
use crate::{Error, services::Codes};
use domain::{AccountId, contact::Contact};
use storage::{
    Conn,
    accounts::{attributes::find_phone_owner, find_owner},
};

impl Codes {
    /// The account that proved an address or number.
    pub(crate) async fn find_contact_owner(
        &self,
        c: &mut Conn,
        contact: &Contact,
    ) -> Result<Option<AccountId>, Error> {
        Ok(match contact {
            Contact::Mailbox(address) => find_owner(c, self.org, address.as_str()).await?,
            Contact::Phone(phone) => find_phone_owner(c, self.org, phone.as_str()).await?,
        })
    }
}
