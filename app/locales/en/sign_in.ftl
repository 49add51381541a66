### Pages of signing in, of an attempt, and of applications that ask.

## several pages

back-to-login = Back to sign-in
login-with = Continue with { $provider }
field-contact = Type an email address like anna@example.com, or a phone number with its country code like +49 30 123456.
consent-allow = Allow
consent-deny = Cancel
address-title = Confirm your email address
address-without = Continue without my address

## attempt

password-new = New password
reset-set-title = Type the code and a new password
reset-set-go = Set the password
choose-title = You are new here with this sign-in
choose-lead = You signed in with { $who }. How do you want to go on?
choose-lead-found = You signed in with { $who }. An account with this address exists already. How do you want to go on?
choose-use = Use the sign-in I have
choose-use-with = Sign in with { $methods }
choose-use-why = You sign in as before. We forget { $provider } again.
choose-add = Add { $provider } to my account
choose-add-to = Add { $provider } to { $address }
choose-add-why = After a check that the account is yours, both ways open it.
choose-enter = Show that I have an account
choose-enter-why = You name the account and show that it is yours. Then both ways open it.
choose-create = Create a new account
choose-create-why = It is separate from any other account, and stays so.
code-title = Type the code
code-lead = If { $address } belongs to an account, we sent it a code. It works for { $minutes } minutes, here in this browser.
code-lead-hidden = If there is a matching account, we sent a code to its mailbox. It works for { $minutes } minutes, here in this browser.
code-title-signup = Type the code
code-lead-signup = We sent a code to { $address }. It works for { $minutes } minutes, here in this browser.
code-lead-reset = If { $address } belongs to an account, we sent it a code. It works for { $minutes } minutes, here in this browser.
code-hint = As it came, with or without dashes. Tries left: { $tries }.
code-none = No code? Look in your spam folder, and check the address. Only a few codes are sent in an hour and in a day. If others have used them up, ask in a browser where you signed in during the last 90 days, which has codes of its own, or use another way.
code-again = Send a new code
bind-title = Show that the account is yours
bind-lead = Show that the account that { $provider } is to be added to is yours.
bind-instead = Use the account's password instead
bind-password = Password of the account
bind-go = Add
attempt-cancel = Cancel and go back to sign-in
mail-stuck = Our messages are delayed right now. Your code is not lost; it goes out as soon as the server for it answers.
code-lead-claim = We sent a code to { $address } to make sure that it is yours. It works for { $minutes } minutes, here in this browser.
bind-by-code = Use a code by email instead
bind-by-identity = Use another way to sign in that the account has
finish-title = Finish your account
finish-lead = A sign-up with { $address } was begun and not finished. Choose a password; then { $provider } opens the account too. What was typed before is not kept.
finish-go = Set the password and go on
email-changed-title = Your address at { $provider } is another one
email-changed-lead = { $provider } knows you as { $address }. Your account here has another address. What should happen?
email-update = Use { $address } from now on
email-update-why = We send it a code first. The old address is told and no longer counts.
email-ignore = Keep { $address }
email-ignore-none = Leave it out
email-ignore-why = You are not asked about this address again.
email-later = Decide later
email-later-why = You are asked again when you sign in the next time.
code-lead-confirm = We sent a code to { $address }. It works for { $minutes } minutes, here in this browser.
code-lead-new-email = We sent a code to { $address }. It works for { $minutes } minutes, here in this browser. Until you type it nothing changes.
factor-wrong = That isn't the app's current code. Wait for the next one, and check your phone's clock. After many wrong codes, one is accepted only in browsers where you signed in during the last 90 days; anywhere else, use a recovery code.
factor-title = One more step
factor-lead = Type the code from your authenticator app, or a recovery code.
details-title = Before you go on
details-lead = A few things that we need to know.
details-lead-agree = Please read and accept this.
merge-preview-lead = The other account becomes part of the one you are signed in to.
restore-title = This account is being deleted
restore-lead = You asked for it within the last two weeks. You can still keep the account, with everything in it.
code-lead-sign-in = If { $address } has an account, a code is on its way. It works for { $minutes } minutes.
bind-by-passkey = Show it is yours with a passkey
bind-by-code-phone = Use a code by text message instead
bind-by-code-either = Use a code by email or text message instead
code-lead-new-phone = We texted a code to { $number }. It works for { $minutes } minutes, here in this browser. Until you type it nothing changes.
code-lead-prove-email = We sent a code to { $address }. Type it here within { $minutes } minutes, and the address counts as yours. No code? Somebody else may already be using this address.

## login

sign-in = Sign in
login-title = Sign in
login-title-application = Sign in to { $name }
login-last = Used last
login-new = Create an account
login-forgot = Forgot your password?
login-wrong = Wrong email or password. Check both, or sign in another way. After many wrong passwords, a password is accepted only in browsers where you signed in during the last 90 days; anywhere else, sign in another way or choose "Forgot your password?".
login-first-password = Only ever signed in with another provider? Then you have no password yet. We can email you a code to set one.
login-first-password-go = Set a password by email
login-nothing = There is no way to sign in at the moment. Ask your administrator.
login-by-code = Sign in by a code
login-by-passkey = Sign in with a passkey
login-unavailable = { $providers } can't be reached right now. If your account has another way to sign in, use that one.
down-other-ways = Sign in another way:
down-local = Other ways to sign in

## sign_up

signup-title = Create an account
signup-lead = We send a code to your address. The account begins when you type it here.
signup-go = Send the code

## reset

reset-title = Set a new password
reset-lead = If the address belongs to an account, we send it a code.
reset-go = Send the code

## setup

setup-title = Become the first owner
setup-lead = The one-time token stands in the server's output. It works once, for an hour.
setup-token = One-time token
setup-go = Create the owner's account

## refused

refusal-code = Code:
refusal-support = Support code:
refusal-back-to = Back to { $name }

## complete

factor-code-hint = Six digits, new every 30 seconds.
factor-lost = Lost your phone and your recovery codes? Ask your administrator.
details-agree = I accept:
details-read = Read it
details-go = Continue
optional = optional
restore-go = Keep the account and sign in
restore-leave = If it should go, just close this page.

## by_code

directory-title = Sign in with { $provider }
directory-lead = Use the user name and password that you have at { $provider }. We pass them on and don't keep them.
directory-login = User name
directory-wrong = The user name or the password is wrong, or this account can't sign in. Check both, or ask whoever manages your user name.
directory-other = Sign in another way
login-code-title = Sign in by a code
login-code-lead = We mail a code to the address of your account.
login-code-go = Send the code
login-code-lead-phone = We text a code to the number of your account.
login-code-lead-either = We send a code to the address or the number of your account.

## consent

consent-title = { $application } wants access to your account
consent-lead = You are signed in as { $name }. If you allow it, { $application } will know that it is you, and can:
consent-lead-nameless = If you allow it, { $application } will know that it is you, and can:
consent-later = You can remove this access at any time in My Account, under Applications.
consent-before = allowed before
scope-nothing = Know that it is you, and nothing else.
scope-profile = See your name and language
scope-email = See your email address
scope-phone = See your phone number
scope-address = See your postal address, if there is one
scope-roles = See your roles
scope-groups = See the groups you belong to
scope-offline = Do all this while you are away
scope-identities = See which providers you use, and what they said of you
consent-next = Next, your browser goes to { $host }.
consent-next-here = Next, your browser goes to a program on this device.
consent-next-scheme = Next, your browser opens the program on this device that answers to “{ $scheme }”.
consent-unchecked = A program registered this application, and nobody here has checked its name. Before you allow anything, make sure that you know where your browser goes next.
scope-name = See your name
scope-language = See your language
scope-username = See your user name
scope-updated = See when your details last changed
scope-own = Learn “{ $claim }”: a detail that this server’s administrators chose for it

## device

device-title = Connect a device
device-lead = Type the code that your device shows.
device-code = Code on the device
device-go = Continue
device-unknown = No device is waiting with this code. Check it on your device, or have the device show a new one.
device-asks = { $application } on a device wants access to your account, { $name }. If you allow it, it will know that it is you, and can:
device-asks-nameless = { $application } on a device wants access to your account. If you allow it, it will know that it is you, and can:
device-warning = Only allow this if the device is in front of you and shows exactly this code.
device-shows = Your device must show this code:
device-allowed = The device is connected. Go back to it.
device-denied = The device was not connected.
device-another = Connect another device
device-unchecked = A program registered this application, and nobody here has checked its name. Allow it only if you know where it came from.

## logout

logout-title = Sign out?
logout-lead = You are signed in here. Signing out ends this session, and applications hear of it.
logout-lead-application = { $application } asks to sign you out here too. Other applications hear of it.
logout-stay = Stay signed in
logout-done = Signed out
logout-back = Back to { $application }
logout-still-there = You are still signed in at { $provider } in this browser. On a computer that others use, sign out there too.
logout-there = Sign out at { $provider } too
logout-there-site = Go to { $provider }
logout-there-now = { $provider } now signs you out there too.
logout-both = You are signed out here and at { $provider }.

## address

address-lead = { $application } asks for your email address. Before we share { $address }, please confirm that it is yours. We'll send it a code.
address-there = { $application } asks for your email address. There is nothing more to confirm.
address-send = Send me a code
address-on = Continue to { $application }

## Going back to an application that wants the answer posted

reply-title = Going back to the application
reply-lead = Your browser is taking you back. If nothing happens, press Continue.

## On the page of an attempt that is over, for who came from an application

refusal-begin-again = You were on your way to { $application }. Open { $application } again and sign in from there.
refusal-begin-again-go = Open { $application }
refusal-clear = Still stuck? Clear the sign-ins started in this browser.

## no_access

no-access-title = You don’t have access to { $application }
no-access-lead = { $application } is open to certain groups only, and you are in none of them the way you are signed in now.
no-access-ask = Ask your administrator to add you to a group that may use it.
no-access-other = Sign in another way

clear-title = Clear the sign-ins you started
clear-lead = Unfinished sign-ins in this browser: { $n }. Clearing them can help when signing in keeps failing. You stay signed in.
clear-none = No unfinished sign-ins are kept in this browser.
clear-go = Clear them
clear-done = Cleared. You can sign in again.
