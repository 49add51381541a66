### Presets of providers: where to register the client, what to create there, and what to know.

vendor-google-place = Google Cloud console › APIs & Services › Credentials
vendor-google-thing = an OAuth client ID of type “Web application”
vendor-google-note = Only the claim hd tells you which company someone belongs to. The email address doesn't. Google can't be asked to sign someone in again.

vendor-microsoft-place = Microsoft Entra admin center › App registrations
vendor-microsoft-thing = a single-tenant app registration with the platform “Web” and a client secret
vendor-microsoft-note = The issuer contains the tenant's ID, so enter the ID and not a domain name. An email address proves nothing unless xms_edov confirms it, because people can change it.

vendor-microsoft-tenants-place = Microsoft Entra admin center › App registrations
vendor-microsoft-tenants-thing = a multitenant app registration with the platform “Web” and a client secret
vendor-microsoft-tenants-note = We know people by their tenant and their oid. List the tenants whose people may sign in. Without a list, anyone with a Microsoft account may.

vendor-apple-place = Apple Developer › Certificates, Identifiers & Profiles › Identifiers
vendor-apple-thing = a Services ID with “Sign in with Apple” and, under “Keys”, a private key for it
vendor-apple-note = The client secret is the private key of your Services ID, as PEM. Apple sends the name only once, at the first sign-in. Email addresses may be relay addresses.

vendor-github-place = GitHub › Settings › Developer settings › OAuth Apps
vendor-github-thing = an OAuth app
vendor-github-note = This also works with GitHub Enterprise Server: enter its web address and its API address. A GitHub App needs permission to read email addresses. Without it, people arrive without an email.

vendor-gitlab-place = GitLab › Edit profile › Applications
vendor-gitlab-thing = a confidential application with the scopes “openid” and “email”
vendor-gitlab-note = For GitLab's own service, enter gitlab.com as the host. The application needs the scopes openid and email.

vendor-gitea-place = Gitea / Forgejo › Settings › Applications
vendor-gitea-thing = an OAuth2 application as a confidential client
vendor-gitea-note = Only email addresses that the server itself has verified count.

vendor-okta-place = Okta Admin Console › Applications › Applications › Create App Integration
vendor-okta-thing = an app integration with “OIDC - OpenID Connect” and the type “Web Application”
vendor-okta-note = If you use a custom authorization server, add its path after the domain, for example /oauth2/default. Claims other than the email come from userinfo.

vendor-auth0-place = Auth0 Dashboard › Applications › Applications
vendor-auth0-thing = an application of type “Regular Web Applications”
vendor-auth0-note = The issuer ends with a slash. Auth0 sends dates in the profile as text, and that's fine.

vendor-keycloak-place = Keycloak Admin Console › Clients › Create client
vendor-keycloak-thing = a client of type “OpenID Connect” with “Client authentication” turned on and the “Standard flow”
vendor-keycloak-note = To get groups, add a mapper to the client. Before version 17, the path starts with /auth.

vendor-authentik-place = authentik Admin interface › Applications › Providers
vendor-authentik-thing = an “OAuth2/OpenID Provider” of client type “Confidential”, and an application that uses it
vendor-authentik-note = The issuer ends with a slash. Older versions call every email verified. Believe that only if it's your own directory.

vendor-zitadel-place = ZITADEL Console › Projects › Applications
vendor-zitadel-thing = an application of type “Web” with the authentication method “Code”
vendor-zitadel-note = ZITADEL issues a token for all applications of a project. Its azp claim names ours, so we accept it.

vendor-adfs-place = AD FS Management › Application Groups › Add Application Group
vendor-adfs-thing = an application group with the template “Server application accessing a web API”
vendor-adfs-note = Add rules to the application group that put the email and the UPN into the ID token. From userinfo, AD FS returns only sub.

vendor-cognito-place = Amazon Cognito console › User pools › App clients
vendor-cognito-thing = an app client with a client secret, the “Authorization code grant” and the scopes “openid” and “email”
vendor-cognito-note = The sign-in pages are on the user pool's domain, not on the issuer's. Userinfo sends true and false as text, and this preset expects that.

vendor-slack-place = Slack API › Your apps
vendor-slack-thing = an app, with the redirect URI under “OAuth & Permissions”
vendor-slack-note = People from other workspaces can sign in too, unless you limit the app to yours. The claims include team_id.

vendor-linkedin-place = LinkedIn Developers › My apps
vendor-linkedin-thing = an app with the product “Sign In with LinkedIn using OpenID Connect”
vendor-linkedin-note = Your app needs the product “Sign In with LinkedIn using OpenID Connect”. LinkedIn gives each app a different ID for the same person.

vendor-line-place = LINE Developers Console › Providers
vendor-line-thing = a “LINE Login” channel with the app type “Web app”
vendor-line-note = You get no email address. LINE signs its ID tokens for websites with the shared secret, and we don't accept that. A person's ID is only valid within one LINE provider.

vendor-twitch-place = Twitch Developers › Your Console › Applications
vendor-twitch-thing = an application of client type “Confidential”
vendor-twitch-note = Twitch sends an email only if the claims parameter asks for it, as this preset does. The scope in its token answer is a list.

vendor-discord-place = Discord Developer Portal › Applications
vendor-discord-thing = an application, with the redirect URI under “OAuth2”
vendor-discord-note = “Verified” means that Discord checked the mailbox once.

vendor-facebook-place = Meta for Developers › My Apps
vendor-facebook-thing = an app with “Facebook Login”
vendor-facebook-note = Facebook gives each app a different ID for the same person. People who signed up by phone have no email, and Facebook never says that an email is verified.

vendor-x-place = X Developer Console › Apps
vendor-x-thing = an app with OAuth 2.0, as a confidential web app
vendor-x-note = You get no email address. Both scopes are needed to ask X who someone is.

vendor-spotify-place = Spotify for Developers › Dashboard
vendor-spotify-thing = an app that uses the “Web API”
vendor-spotify-note = Spotify itself says that it hasn't verified the email address.

vendor-dropbox-place = Dropbox Developers › App Console
vendor-dropbox-thing = an app with “Scoped access” and the permission “account_info.read”
vendor-dropbox-note = The app needs the permission account_info.read.

vendor-wechat-place = 微信开放平台 › 管理中心 › 网站应用
vendor-wechat-thing = a website app (网站应用), with our host name as its “授权回调域”
vendor-wechat-note = You get no email address and no phone number. Enter your Open Platform account, and a person is the same person in all of its apps. If you have no such account, enter openid as the user ID path.

vendor-wechat-official-place = 微信公众平台 › 设置与开发
vendor-wechat-official-thing = a service account (服务号), with our host name as its “网页授权域名”
vendor-wechat-official-note = Works only inside the WeChat app. Enter the same Open Platform account as for the QR code, and a person is the same person in both.

vendor-qq-place = QQ互联 › 应用管理 › 网站应用
vendor-qq-thing = a website app (网站应用), with the redirect URI as its “网站回调域”
vendor-qq-note = You get no email address and no phone number. An openid belongs to one app only.

vendor-weibo-place = 微博开放平台 › 我的应用
vendor-weibo-thing = a web app (网页应用), with the redirect URI as its “授权回调页”
vendor-weibo-note = You get no email address and no phone number. Weibo gives each person a number that is the same for every app.

vendor-active-directory-place = Active Directory Users and Computers
vendor-active-directory-thing = a service account with a password that doesn't expire. It only needs to read people and groups
vendor-active-directory-note = People sign in with their user name or their userPrincipalName. We know them by objectGUID, so renaming someone changes nothing. Groups inside groups count too.

vendor-free-ipa-place = FreeIPA › cn=sysaccounts,cn=etc
vendor-free-ipa-thing = a system account that may read people and groups
vendor-free-ipa-note = We know people by ipaUniqueID. A 389 Directory Server without FreeIPA has nsUniqueId instead: change that under “More settings” after adding it.

vendor-openldap-place = your directory's administration
vendor-openldap-thing = an entry with a password that may read people and groups
vendor-openldap-note = Expects inetOrgPerson and groupOfNames. If your directory uses other classes, change the filters under “More settings” after adding it.

vendor-ldap-name = LDAP, any directory
vendor-ldap-place = your directory's administration
vendor-ldap-thing = an account with a password that may read people and groups
vendor-ldap-note = The attribute for the user ID must never change and never be given to someone else.

vendor-adfs-saml-place = AD FS Management › Relying Party Trusts › Add Relying Party Trust
vendor-adfs-saml-thing = a claims-aware trust with the entity ID as its identifier and the address for answers as SAML 2.0 WebSSO service URL, and issuance rules for the primary SID, email, name and groups
vendor-adfs-saml-note = We know people by their primary SID, so add a rule that passes it through. If we can't reach your AD FS, paste FederationMetadata.xml.

vendor-microsoft-saml-place = Microsoft Entra admin center › Enterprise applications › New application
vendor-microsoft-saml-thing = a non-gallery application with SAML-based single sign-on
vendor-microsoft-saml-note = We know people by their object identifier. Groups arrive as IDs. Someone in more than 150 groups arrives with none.

vendor-okta-saml-place = Okta Admin Console › Applications › Applications › Create App Integration
vendor-okta-saml-thing = an app integration with “SAML 2.0”, and an attribute statement called id with the value user.getInternalProperty("id")
vendor-okta-saml-note = Without the attribute id nobody can sign in: Okta's NameID is a user name that can change. Add attributes called email, displayName and groups, too.

vendor-keycloak-saml-place = Keycloak Admin Console › Clients › Create client
vendor-keycloak-saml-thing = a client of type “SAML” with the entity ID as its client ID, “Sign assertions” turned on and “Encrypt assertions” turned off
vendor-keycloak-saml-note = Turn “Client signature required” off, or have requests signed here. Email, name and groups each need a mapper.

vendor-simplesamlphp-place = metadata/saml20-sp-remote.php of your identity provider
vendor-simplesamlphp-thing = an entry under our entity ID with the address for answers
vendor-simplesamlphp-note = It sends a persistent NameID only if a filter for one is configured. Otherwise choose an attribute such as pairwise-id.

vendor-saml-name = SAML 2.0, any provider
vendor-saml-place = the provider's console
vendor-saml-thing = a service provider (an application, a relying party) for SAML 2.0
vendor-saml-note = The provider has to sign its answers. If it doesn't send a persistent NameID, choose an attribute that never changes.

vendor-oidc-name = OpenID Connect, any provider
vendor-oidc-place = your provider's console
vendor-oidc-thing = a confidential web client with the authorization code flow
vendor-oidc-note = Works with any provider that publishes OpenID Connect metadata.

vendor-oauth2-name = OAuth 2.0, any server
vendor-oauth2-place = your provider's console
vendor-oauth2-thing = a confidential web client with the authorization code flow
vendor-oauth2-note = You enter the addresses and say where the answer has the user ID, the email and the name. The user ID must never change.

### Settings of a provider, and what a provider can do.

setting-issuer = Issuer
setting-issuer-hint = Exactly as in the provider's metadata, without /.well-known.
setting-client-id = Client ID
setting-client-id-hint = The ID that the provider gave you when you registered the client.
setting-scopes = Scopes
setting-scopes-hint = Ask for as little as you need. OpenID Connect: openid email.
setting-auth = Client authentication
setting-auth-hint = How we show the provider who we are when we fetch tokens. Without a client secret, we send only the client ID.
setting-auth-basic = Secret in the header (Basic)
setting-auth-post = Secret in the form
setting-auth-none = No secret (public client)
setting-auth-private-key-jwt = JWT signed with a private key (PEM)
setting-auth-apple-jwt = Apple: secret signed with a private key (PEM)
setting-key-id = Key ID
setting-key-id-hint = The ID that your private key has at the provider.
setting-team-id = Team ID
setting-team-id-hint = The ID of your team at Apple.
setting-reauth = Asking for fresh sign-in
setting-reauth-hint = How we ask the provider to sign someone in again. Some providers refuse parameters they don't know.
setting-reauth-login-and-max-age = prompt=login and max_age=0
setting-reauth-login = prompt=login
setting-reauth-max-age = max_age=0
setting-reauth-neither = Neither
setting-reports-auth-time = Reports sign-in time
setting-reports-auth-time-hint = Whether the provider's answers say when someone signed in (auth_time).
setting-reports-auth-time-unset = As its answers show
setting-form-post = Answer as a form
setting-form-post-hint = We ask the provider to send its answer as a posted form.
setting-push = Pushed requests
setting-push-hint = Push each authorization request to the provider first, even if its metadata doesn't ask for it.
setting-extra = Extra parameters
setting-extra-hint = Added to each authorization request. One per line, for example hd=example.com.
setting-extra-again = Parameters for signing in again
setting-extra-again-hint = Added when someone chooses another account or has to sign in again. One name=value per line.
setting-authorization-endpoint = Authorization endpoint
setting-authorization-endpoint-hint = Leave empty to use the metadata. An address you enter here takes precedence.
setting-token-endpoint = Token endpoint
setting-token-endpoint-hint = Leave empty to use the metadata. An address you enter here takes precedence.
setting-jwks-uri = Address of its keys
setting-jwks-uri-hint = Leave empty to use the metadata. If you enter this and the two endpoints before it, we don't read any metadata.
setting-userinfo-endpoint = Userinfo endpoint
setting-userinfo-endpoint-hint = Leave empty to use the metadata. An address you enter here takes precedence.
setting-userinfo-by-post = Userinfo by form
setting-userinfo-by-post-hint = Send the access token to userinfo in a posted form.
setting-wanted-claims = Claims from userinfo
setting-wanted-claims-hint = Claims to ask userinfo for, in addition to those of the scopes email and profile.
setting-trusted-audiences = Other accepted audiences
setting-trusted-audiences-hint = Audiences that a token may name besides us. Not needed where azp names us.
setting-algorithms = Signature algorithms
setting-algorithms-hint = Leave empty to accept the ones the provider announces. Symmetric ones are never accepted.
setting-tenant-issuer = One issuer per tenant
setting-tenant-issuer-hint = Each tenant has its own issuer, and we know a person by tenant and oid.
setting-tenants = Allowed tenants
setting-tenants-hint = IDs of the tenants whose people may sign in. Leave empty to allow all.
setting-text-booleans = True and false as text
setting-text-booleans-hint = Read the texts “true” and “false” as yes and no.
setting-sign-out-too = Sign out there too
setting-sign-out-too-hint = What happens at the provider when someone signs out here. Register the address after signing out there first.
setting-sign-out-too-off = Only say that they are still signed in there
setting-sign-out-too-offer = Offer to sign out there too
setting-sign-out-too-always = Always sign out there too
setting-authorization-url = Authorization address
setting-authorization-url-hint = The page where people sign in at the provider.
setting-token-url = Token address
setting-token-url-hint = Where we exchange the code for an access token.
setting-userinfo-url = User info address
setting-userinfo-url-hint = Where we ask who the person is.
setting-subject-path = User ID path
setting-subject-path-hint = Where the answer has an ID that never changes, for example id or data.user_id.
setting-email-path = Email path
setting-email-path-hint = Where the answer has the email, for example email or emails.0.value. List entries count from 0.
setting-email-verified-path = Verified flag path
setting-email-verified-path-hint = Where the answer says whether the email is verified.
setting-name-path = Name path
setting-name-path-hint = Where the answer has the person's name, for example name or data.name.
setting-addresses-url = Email list address
setting-addresses-url-hint = Returns a list of email addresses with verified and primary, in pages, as GitHub does.
setting-platform-account = Open Platform account
setting-platform-account-hint = WeChat only: the account whose unionid tells us who a person is.
setting-servers = Servers
setting-servers-hint = Like ldaps://dc1.example.com. With ldap:// we switch to encryption first (StartTLS). Several with blanks between them: we ask the next one when one doesn't answer.
setting-bind-dn = Search account
setting-bind-dn-hint = The distinguished name of the account that looks people up, for example cn=ligature,ou=services,dc=example,dc=com. Active Directory also takes user@domain.
setting-base-dn = Where people are
setting-base-dn-hint = Everything below it is searched, for example dc=example,dc=com.
setting-login-filter = Login filter
setting-login-filter-hint = Finds exactly one entry. {"{login}"} stands for what was typed.
setting-subject-attribute = User ID attribute
setting-subject-attribute-hint = Never changes and is never given to someone else: entryUUID, objectGUID, ipaUniqueID.
setting-username-attribute = User name attribute
setting-username-attribute-hint = For example uid or sAMAccountName. Leave empty if there is none.
setting-email-attribute = Email attribute
setting-email-attribute-hint = For example mail. The first value counts.
setting-emails-are-verified = Emails are right
setting-emails-are-verified-hint = Choose “Yes” only if administrators enter the emails and people can't change their own.
setting-name-attribute = Name attribute
setting-name-attribute-hint = For example displayName or cn.
setting-wanted-attributes = Other attributes
setting-wanted-attributes-hint = For profile fields and rules, for example department employeeNumber.
setting-group-filter = Group filter
setting-group-filter-hint = Finds someone's groups. {"{dn}"} stands for the entry's name, {"{username}"} for the user name. Leave empty for no groups.
setting-group-base-dn = Where groups are
setting-group-base-dn-hint = Leave empty to search where people are.
setting-group-name-attribute = Group name attribute
setting-group-name-attribute-hint = For example cn.
setting-nested-groups = Groups in groups
setting-nested-groups-hint = Look for the groups that groups are in, too.
setting-plain = Without encryption
setting-plain-hint = Passwords would cross the network readable. Only for tests.
setting-metadata-url = Metadata address
setting-metadata-url-hint = Where the provider publishes its SAML metadata. We read it when the entity ID, the sign-in address or the certificates below are empty. To read it again, empty the certificates and save.
setting-metadata = Metadata
setting-metadata-hint = Paste the XML here if we can't reach that address. It replaces the entity ID, the sign-in address and the certificates.
setting-idp-entity-id = Entity ID of the provider
setting-idp-entity-id-hint = Exactly as the provider calls itself (issuer).
setting-sso-url = Sign-in address
setting-sso-url-hint = Where we send people, by HTTP-Redirect.
setting-certificates = Signing certificates
setting-certificates-hint = In PEM. Before the provider changes its key, add the next certificate below the current one.
setting-subject-claim = User ID attribute
setting-subject-claim-hint = An attribute that never changes and is never given to someone else. Leave empty to use the persistent NameID.
setting-email-claim = Email attribute
setting-email-claim-hint = Leave empty to look under the usual names.
setting-name-claim = Name attribute
setting-name-claim-hint = Leave empty to look under the usual names.
setting-username-claim = User name attribute
setting-username-claim-hint = Leave empty to look under the usual names.
setting-groups-claim = Groups attribute
setting-groups-claim-hint = Leave empty to look under the usual names.
setting-sign-requests = Signed requests
setting-sign-requests-hint = Only if the provider asks for it. We make a key for it, and our metadata holds its certificate.
setting-force-authn = Asks again when told to
setting-force-authn-hint = Whether the provider has people sign in again when we ask (ForceAuthn), and reports the right time. If it doesn't, choose “No”: confirming by this provider is then not offered.
setting-web-url = Web address
setting-web-url-hint = Change it only for a GitHub server of your own.
setting-api-url = API address
setting-api-url-hint = Change it only for a GitHub server of your own.

capability-email = Email address
capability-verified-email = Says whether it verified the email
capability-phone = Phone number
capability-user-name = User name
capability-stable-subject = An ID that never changes
capability-groups = Groups
capability-logout = Can sign people out there too
capability-reauthentication = Can sign people in again, and says when

## adding and changing a provider
gallery-lead = Choose who your people sign in with. Nobody sees the button until you turn it on.
gallery-search = Search by name
gallery-none = No provider has this name. Any provider that speaks OpenID Connect works with:
provider-add-title = Add { $name }
provider-add-lead = This takes about two minutes. Nobody sees the button until you turn it on.
provider-step-register = Tell { $name } about us
provider-step-open = Open { $place }.
provider-step-create = Create { $thing }.
provider-step-paste = Enter the redirect URI above there, then copy the client ID and the client secret.
provider-step-given = Enter what { $name } gave you
provider-step-name = Name the button
your-provider = your provider
provider-name = Name
provider-key-more = Key in addresses
provider-private-key = Private key
provider-private-key-hint = The whole file, with its BEGIN and END lines. Stored encrypted and never shown again.
provider-enable-now = Turn it on now
provider-enable-now-hint = Without the test. Otherwise it stays off until you turn it on.
provider-save-test = Save and test
provider-tells = What { $name } can do
provider-added = Saved, turned off. If the test below looks right, turn it on.
provider-on = Turned on
provider-off = Turned off
provider-on-why = People see its button on the sign-in page.
provider-off-why = Nobody sees its button, nobody signs in with it, and nothing is linked with it.
health-title = Health
health-unknown = Nobody has used it since this server started.
health-failing = Failing
health-since = since
health-tries = Nobody waits for it; every half minute one sign-in tries again.
health-never = Never
health-last-success = Last success
health-last-fault = Last failure
health-in-a-row = Failures in a row
health-requests = Since the server started
health-counts = { $requests } requests, { $failures } failed
health-wait = Usual wait
health-wait-ms = { $ms } ms (median of the last 20)
health-whose = As this server process has seen it. Wrong codes and people who cancel don't count as failures.
provider-test = Test connection
test-sign-in = Try signing in
test-sign-in-title = Test sign-in with { $name }
test-sign-in-lead = Sign in at { $name } with your own account there. You then see what it says about you and what would happen to somebody who comes like that.
test-sign-in-own = Only you see the values, once. They aren't stored.
test-sign-in-nothing = Nothing is linked, no account is created and your session stays as it is.
test-sign-in-off = The provider stays turned off. Nobody else sees its button.
test-sign-in-go = Sign in at { $name }
test-sign-in-worked = { $name } answered and the sign-in works. Nothing was changed.
test-sign-in-still-off = The provider is still turned off. If this looks right, turn it on.
test-sign-in-failed = The sign-in didn't work. Nothing was changed.
test-sign-in-back = Back to the provider
test-sign-in-again = Try again
test-counts = What it counts as
test-counts-subject = The person's key
test-counts-address = Email
test-counts-trust = How far the email is believed
test-counts-name = Name
test-counts-second-factor = Counts as two factors
test-counts-group-words = Words for groups
test-counts-groups = Groups they give
test-counts-filtered = Kept out by the claim filter
test-counts-field = New accounts: { $field }
test-decided = What the policy would do
test-decided-lead = For somebody who comes like this, with the provider turned on. After this first page the decision is taken again with what the person chooses and proves.
test-claims = Everything that came
test-claims-lead = As the provider sent it, once its signature or the answer itself was checked.
test-claims-none = Nothing but the person's key.
test-claims-more = Further claims that are not shown: { $count }
test-column-claim = Claim
test-column-value = Value
provider-share-begin = Offer it
provider-share-end = Take the offer back
provider-delete = Delete this provider
provider-delete-ask = Delete…
provider-delete-title = Delete { $name }?
provider-delete-lead = Its settings, its secret and its association go for good. Its key becomes free.
provider-delete-linked = Linked identities, including those that people can still bring back: { $count }. Turn the provider off instead: people keep what is linked.
provider-delete-adopted = Organisations that use it: { $count }. Take the offer back first.
provider-deleted = The provider is deleted.
section-state = State
turn-on = Turn on
turn-off = Turn off
more-settings = More settings
tested-works = Works
tested-unclear = Unclear
tested-broken = Doesn't work
yes = Yes
no = No
bind-methods = What someone can show to bind an existing account
place-host = Host
place-host-hint = Without https://, for example id.example.com.
place-domain = Domain
place-domain-hint = Without https://, for example your-name.example.com.
place-tenant = Tenant ID
place-tenant-hint = The directory (tenant) ID, not its name.
place-realm = Realm
place-realm-hint = As it stands in the address of its console.
place-slug = Application slug
place-slug-hint = As it stands in the address of the application there.
place-region = Region
place-region-hint = For example eu-central-1.
place-pool = User pool ID
place-pool-hint = For example eu-central-1_AbCdEf.
field-place = Enter only this part of the address, without https:// and without spaces.
field-pairs = One name=value per line.
field-choice = Choose one of the values.
provider-step-directory = Prepare { $name }
provider-step-directory-copy = Copy its distinguished name and its password.
provider-step-directory-given = Enter where it is
directory-password = Password of the search account
place-directory = Directory server
place-directory-hint = Its host name, for example dc1.example.com. We connect encrypted (ldaps).
field-ldap-url = Addresses look like ldaps://dc1.example.com or ldap://dc1.example.com:389.
field-ldap-many = Five servers at most.
field-ldap-plain = Without encryption only where the operator allows it for tests.
field-ldap-filter = Enter one filter in parentheses that holds {"{login}"} and no other word in braces.
field-ldap-group-filter = Enter one filter in parentheses that holds {"{dn}"} or {"{username}"} and no other word in braces.
field-attribute = Enter the name of an attribute: letters, digits and hyphens.
field-subject-mutable = This can change or be given to someone else. Choose an ID such as entryUUID or objectGUID.
field-saml-absent = This build has no SAML.
field-saml-metadata = Give the address of the metadata, paste the metadata, or fill in the fields under “Enter it by hand”.
field-saml-metadata-unread = This isn't metadata of exactly one SAML identity provider with a signing certificate and a sign-in address for HTTP-Redirect.
field-saml-certificate = Paste certificates in PEM, ten at most, each with an RSA key of at least 2048 bits or an EC key.
field-saml-attribute = Enter the name of an attribute, 300 characters at most.
field-saml-fetch = We couldn't read metadata there. Check the address, or paste the metadata below. The log says what happened.
provider-step-metadata = Copy the address of its metadata, or the metadata itself.
saml-entity-id = Our entity ID (identifier, audience):
saml-acs = Our address for answers (ACS, reply URL, single sign-on URL):
saml-metadata-later = Once this is saved, our metadata is available at the address that is our entity ID.
saml-metadata-ours = Our metadata
saml-by-hand = Enter it by hand
saml-key = Key for signed requests
saml-key-hint = We make one when requests are to be signed. To use another, paste a private key (PKCS #8) and its certificate, both in PEM. Stored sealed and never shown again.
field-match-nothing = This provider tells us neither an email nor a phone number nor a user name, so no field can match. Let people bind an account instead.
match-nothing = It can’t match accounts by a field: this provider tells us neither an email nor a phone number nor a user name.
