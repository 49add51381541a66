### Pages of My Account.

## several pages

keep = Keep it
remove = Remove
method-used = last used
method-remove-of = Remove { $name }
address-proved = Verified
confirm-with = Confirm with { $provider }
own-password-set = Set a password
own-password-change = Change the password
export-title = Download your data
delete-title = Delete the account
undo-title = This wasn't me
undo-waits = Everyone has been signed out, and whatever was added since the change is on hold. Unless somebody decides sooner, we undo the change on:
factor-own-lead = An extra code from an authenticator app each time you sign in.
factor-begin = Set up a second factor
merge-title = Merge another account into this one
passkeys-title = Passkeys
passkeys-lead = Sign in with your fingerprint, face or device PIN instead of a password. It stands for the second factor too.
confirm-passkey = Use a passkey
own-phone-lead = A number that you proved can stand in for your address when you sign in or bring accounts together. It is yours until somebody else proves it.
own-phone-manage = Manage the phone number
own-applications-title = Applications

## methods

account-title = My Account
account-hello = Hello { $name }
account-restored = This service was restored to an earlier state on { $at }. What you changed shortly before may be lost, and things you removed may be back. Check that everything on this page that opens your account is yours, and remove what is not. If you had just set a new password, set it again.
account-restored-since = This service was restored from a backup on { $at }. Whatever you changed after { $since } is lost, and things you removed may be back. Check that everything on this page that opens your account is yours, and remove what is not. If you set a new password in that time, set it again.
methods-lead = Each of these opens your account.
methods-lead-fixed = Each of these opens your account. Your administrator does not allow changes here.
methods-add = Add a way to sign in
methods-nothing-to-add = There is nothing to add at the moment.
method-add-provider = Add { $provider }
method-current = In use now
method-off = Switched off
addresses-lead = Codes and notices go to the first one.
addresses-none = No address is known.
address-contested = Please confirm
address-contested-lead = Somebody else came from one of your sign-in providers with this address. If the mailbox is still yours, confirm it. Until then, codes sent to it don't work here.
address-keep = It is still mine
profile-title = Profile
profile-lead = What we know of you, and where it comes from.
profile-name = Name
profile-given-name = First name
profile-family-name = Family name
profile-locale = Language
profile-username = User name
profile-phone = Phone
source-provider = from { $provider }
source-person = entered by you
source-admin = entered by an administrator
data-title = Your data
data-lead = Take a copy along, or delete the account.
address-removed = The address is removed.
address-remove-lead = It then no longer belongs to your account. For 14 days it still gets notices about changes and can undo them.
address-foreign = Somebody else has this address now: send no notices there, and let it undo nothing
address-disown = Not mine any more
address-former = Removed
address-former-title = Removed addresses
address-former-lead = For 14 days after you removed them, they get notices about changes and can undo them.
factor-owed = Your organisation asks for a second factor.
factor-owed-soon = Your organisation asks for a second factor. Until then you can go on without one:
factor-manage = Manage the second factor
method-name = Name it
method-name-of = Your own name for { $name }
method-named = The name is kept.
passkeys-manage = Manage passkeys ({ $n })
source-code = proved by a code

## remove

method-removed = The sign-in method is removed.
remove-title = Remove a sign-in method
remove-question = Remove { $name }?
remove-lead = You can no longer sign in with { $name }. Sessions that it opened on other devices end. You can add it again later.
remove-go = Remove

## sessions

sessions-title = Sessions
sessions-lead = Browsers in which you are signed in. End what you do not recognise.
sessions-end-others = End all other sessions
sessions-end-all = Sign out everywhere
session-seen = Last active
session-this = This browser
session-end = End
session-ended = The session has ended.
sessions-ended = All other sessions have ended.

## activity

activity-latest = Latest events
activity-lead = The last fifty things that happened in your account.
activity-none = Nothing has happened yet.
undo-own-lead = Changes that you can undo, each together with everything that came after it. We ask for a password, passkey or sign-in that your account had before.
undo-own-go = This wasn't me

## reauthenticate

confirm-lead = You signed in a while ago. Please sign in once more to continue.
confirm-none = Your account has no way to confirm right now. Sign out, sign in again, and come back.
confirm-code = Send a code to { $address }
confirm-wrong = That isn't the password of this account.

## email

own-email-lead = We send it a code. Your present address stays until you have typed the code, and can undo the change for 14 days.
own-email-new = New email address

## password

own-password-lead = Every other browser is signed out, and your mailboxes get a notice.
own-password-new = New password
own-password-go = Set the password
own-password-done = The password is set. Every other browser is signed out.

## export

export-lead = You get one JSON file with everything that is kept about your account: addresses, profile, identities with what their providers said, sessions and events. It holds no passwords and nothing about others.
export-go = Download

## delete

delete-lead = Please read this before you go on.
delete-now = You are signed out everywhere at once, and nobody can sign in to the account.
delete-grace = For 14 days you can take it back by the link in the mail that we send you, or by signing in. Your addresses and identities stay taken until then.
delete-after = After that the account is gone for good. Applications that you signed in to may keep what they know.
delete-export-first = Download your data first
delete-go = Delete the account
delete-keep = Keep the account
delete-done = Your account will be deleted in 14 days. The mail that we sent you has a link to take it back.

## undo

undo-email = Your account's address was changed ({ $about }).
undo-email-gone = The address { $about } was removed from your account.
undo-link = { $about } was added to your account.
undo-unlink = { $about } was removed from your account.
undo-password = A new password was set for your account.
undo-password-gone = The password of your account was removed.
undo-second-factor = A second factor was added to your account.
undo-second-factor-gone = The second factor of your account was removed.
undo-recovery-codes = New recovery codes were made for your account.
undo-passkey = A passkey was added to your account.
undo-passkey-gone = A passkey was removed from your account.
undo-phone = The phone number { $about } was added to your account.
undo-phone-gone = The phone number { $about } was removed from your account.
undo-delete = Your account is about to be deleted.
undo-restored = The deletion of your account was stopped.
undo-merge = Another account was merged into yours.
undo-suspended = Somebody used the link in one of our emails to sign everyone out.
undo-begin-lead = If this wasn't you, sign everyone out now. Whatever was added since this change stops working at once. Then you can undo the change for good: confirm with a password, passkey or sign-in that your account had before it. If nobody does, we undo it after 72 hours.
undo-begin-go = Sign everyone out
undo-stops = Stops working at once
undo-goes = Removed for good when the change is undone
undo-comes = Comes back when the change is undone
undo-leave = If it was you, just close this page. Nothing has changed.
undo-show-lead = To decide now, confirm with something that your account had before the change. What was removed since then counts too.
undo-show-none = Your account had no password, passkey or other sign-in before the change, so there is nothing to confirm with. You don't have to do anything: we undo the change when the time is up. Every address of the account has been told.
undo-show-none-own = Your account had no password, passkey or other sign-in before the change, so you can't confirm here. Use the link in the email that told you about the change.
undo-password-before = Password from before the change
undo-wrong = That doesn't match what your account had before the change. Try again, or use another way.
undo-not-before = That was added after the change, or you confirmed too long ago. Confirm with something that your account had before.
undo-code-wrong = That isn't a code from the second factor that your account had before the change. Wait for the next one and try again.
undo-first = Which change was the first that wasn't you?
undo-first-hint = We undo it and everything that came after it.
undo-code = Code from the second factor you had before the change
undo-finish-go = Undo for good
undo-keep-go = It was me: keep everything
undo-gone = What this email was about is no longer there. Later changes each have an email of their own.
undo-gone-show = To make sure that it never comes back, confirm with something that your account had before.
undo-gone-go = It wasn't me: never allow it again
undo-gone-more = See all changes in My Account
undone = The change is undone. Everyone is signed out; please sign in again.
undone-kept = Everything stays as it is. Please sign in.
undone-gone = Done. It won't come back.
way-address = The address
way-identity = Signing in with
way-password = The password
way-factor = The second factor
way-codes = The recovery codes
way-passkey = The passkey
way-phone = The phone number
way-merged = The merge with another account
way-deletion = The deletion of the account

## recovered

recovered-title = You are back in
recovered-lead = Your new password works, and everyone else is signed out. Tick what is yours: whatever you don't tick is removed.
recovered-go = Keep what is ticked and continue
recovered-mine = Mine
recovered-stays = Stays: it is how you get your account back.
recovered-tick = Tick at least one address: without one you couldn't get back in.
recovered-legend = These can open your account too
recovered-again = You can add a provider again at any time.

## second_factor

factor-wanted = You need a second factor to continue. Set one up with an authenticator app; then you go on to where you were heading.
factor-step-app = Open an authenticator app on your phone, or install one.
factor-step-scan = Scan this QR code with it.
factor-qr = QR code for the authenticator app. The same key is below as text.
factor-type = No camera? Type this key instead:
factor-open = Open it in an app on this device
factor-step-code = Type the six digits that the app shows.
factor-on = Turn on
factor-anew = Start over with a new key
factor-first-wrong = That isn't the app's current code. Wait for the next one, and check your phone's clock. If it still doesn't work, start over with a new key.
factor-wait = Too many wrong codes. Wait before you try again; it takes an hour at most.
factor-now-on = The second factor is on. Every other browser is signed out.
factor-remove-title = Turn it off
factor-remove-lead = You then sign in without the extra code, and your recovery codes stop working.
factor-remove-go = Turn off the second factor
recovery-title = Recovery codes
recovery-left = { $left } codes are left.
recovery-renew = Make new codes
recovery-renew-hint = Your old codes stop working.
recovery-lead = If you don't have your phone, each of these codes signs you in once. Print them, or keep them in a password manager.
recovery-once = We show them only this once.
recovery-kept = I have saved them

## merge

merge-lead = Sign in to your other account here. You see everything that moves before anything happens.
merge-email = Email of the other account
merge-password = Its password
merge-with = The other account uses { $provider }
merge-wrong = Wrong email or password. After many wrong passwords, show in another way that the account is yours.
merge-what = What
merge-mine = This account
merge-theirs = The other
merge-becomes = Afterwards
merge-there = there
merge-nothing = nothing
merge-row-name = Name
merge-row-identities = Providers
merge-row-emails = Email addresses
merge-row-password = Password
merge-row-second-factor = Second factor
merge-row-sessions = Open sessions
merge-signed-out = The other account is signed out everywhere, and its own page is gone.
merge-undo = You can undo this for 14 days, from the email that you get or under Activity.

## passkeys

passkeys-none = None yet.
passkeys-full = There are as many as fit. Remove one to add another.
passkeys-script = Passkeys need JavaScript.
passkey-name = Name of the passkey
passkey-name-hint = To tell it from others, like “Laptop”.
passkey-add = Add a passkey of this device
passkey-added = The passkey is added.
passkey-removed = The passkey is removed.
passkey-failed = That did not work. Try once more.
passkey-not-now = The browser gave no passkey.

## phone

field-phone = Type a phone number with its country code, like +49 30 123456.
field-phone-country = We cannot send texts to this country. Type another number.
own-phone-new = New number
phone-removed = The number was removed.

## applications

own-applications-lead = These applications have access to your account. If you remove it, they have to ask you again.
own-applications-none = No application has access to your account.
own-application-revoke = Remove access
own-application-revoke-of = Remove the access of { $name }
application-revoked = The access is removed.
