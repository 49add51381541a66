### Presets of providers: where to register the client, what to create there, and what to know.

vendor-google-place = Google Cloud console › APIs & Services › Credentials
vendor-google-thing = eine OAuth-Client-ID vom Typ „Web application“
vendor-google-note = Zu welcher Firma jemand gehört, sagt allein der Claim hd, nie die E-Mail-Adresse. Google lässt sich nicht bitten, jemanden neu anzumelden.

vendor-microsoft-place = Microsoft Entra admin center › App registrations
vendor-microsoft-thing = eine App-Registrierung für einen einzelnen Mandanten mit der Plattform „Web“ und einem Client-Geheimnis
vendor-microsoft-note = Der Aussteller enthält die ID des Mandanten. Geben Sie deshalb die ID ein, keinen Domänennamen. Die E-Mail-Adresse lässt sich dort ändern und beweist nichts, es sei denn, xms_edov bestätigt sie.

vendor-microsoft-tenants-place = Microsoft Entra admin center › App registrations
vendor-microsoft-tenants-thing = eine App-Registrierung für mehrere Mandanten mit der Plattform „Web“ und einem Client-Geheimnis
vendor-microsoft-tenants-note = Wir erkennen eine Person an Mandant und oid. Geben Sie an, aus welchen Mandanten man sich anmelden darf. Ohne diese Liste darf es jeder mit einem Microsoft-Konto.

vendor-apple-place = Apple Developer › Certificates, Identifiers & Profiles › Identifiers
vendor-apple-thing = eine Services ID mit „Sign in with Apple“ und unter „Keys“ einen privaten Schlüssel dafür
vendor-apple-note = Das Client-Geheimnis ist der private Schlüssel Ihrer Services ID im PEM-Format. Den Namen schickt Apple nur einmal, bei der ersten Anmeldung. E-Mail-Adressen können Weiterleitungsadressen von Apple sein.

vendor-github-place = GitHub › Settings › Developer settings › OAuth Apps
vendor-github-thing = eine OAuth-App
vendor-github-note = Funktioniert auch mit GitHub Enterprise Server: Geben Sie dann dessen Web-Adresse und API-Adresse ein. Eine GitHub App braucht die Berechtigung, E-Mail-Adressen zu lesen. Ohne sie kommt niemand mit einer E-Mail-Adresse an.

vendor-gitlab-place = GitLab › Edit profile › Applications
vendor-gitlab-thing = eine vertrauliche Anwendung („Confidential“) mit den Scopes „openid“ und „email“
vendor-gitlab-note = Für den Dienst von GitLab selbst geben Sie als Host gitlab.com ein. Die Anwendung braucht die Scopes openid und email.

vendor-gitea-place = Gitea / Forgejo › Settings › Applications
vendor-gitea-thing = eine OAuth2-Anwendung als vertraulichen Client („Confidential Client“)
vendor-gitea-note = Es zählen nur E-Mail-Adressen, die der Server selbst bestätigt hat.

vendor-okta-place = Okta Admin Console › Applications › Applications › Create App Integration
vendor-okta-thing = eine App-Integration mit „OIDC - OpenID Connect“ und dem Typ „Web Application“
vendor-okta-note = Wenn Sie einen eigenen Autorisierungsserver nutzen, hängen Sie dessen Pfad an die Domäne an, zum Beispiel /oauth2/default. Alle Claims außer der E-Mail-Adresse kommen von Userinfo.

vendor-auth0-place = Auth0 Dashboard › Applications › Applications
vendor-auth0-thing = eine Anwendung vom Typ „Regular Web Applications“
vendor-auth0-note = Der Aussteller endet mit einem Schrägstrich. Datumsangaben im Profil kommen als Text; das ist in Ordnung.

vendor-keycloak-place = Keycloak Admin Console › Clients › Create client
vendor-keycloak-thing = einen Client vom Typ „OpenID Connect“ mit eingeschalteter „Client authentication“ und dem „Standard flow“
vendor-keycloak-note = Für Gruppen braucht der Client einen Mapper. Vor Version 17 beginnt der Pfad mit /auth.

vendor-authentik-place = authentik Admin interface › Applications › Providers
vendor-authentik-thing = einen „OAuth2/OpenID Provider“ vom Client-Typ „Confidential“ und eine Anwendung, die ihn benutzt
vendor-authentik-note = Der Aussteller endet mit einem Schrägstrich. Ältere Versionen nennen jede E-Mail-Adresse bestätigt. Glauben Sie das nur Ihrem eigenen Verzeichnis.

vendor-zitadel-place = ZITADEL Console › Projects › Applications
vendor-zitadel-thing = eine Anwendung vom Typ „Web“ mit der Authentifizierungsmethode „Code“
vendor-zitadel-note = ZITADEL stellt ein Token für alle Anwendungen eines Projekts aus. Der Claim azp nennt unsere, deshalb nehmen wir es an.

vendor-adfs-place = AD FS Management › Application Groups › Add Application Group
vendor-adfs-thing = eine Anwendungsgruppe mit der Vorlage „Server application accessing a web API“
vendor-adfs-note = Die Anwendungsgruppe braucht Regeln, die E-Mail-Adresse und UPN in das ID-Token schreiben. Userinfo liefert bei AD FS nur sub.

vendor-cognito-place = Amazon Cognito console › User pools › App clients
vendor-cognito-thing = einen App-Client mit Client-Geheimnis, „Authorization code grant“ und den Scopes „openid“ und „email“
vendor-cognito-note = Die Anmeldeseiten liegen auf der Domäne des User Pools, nicht auf der des Ausstellers. Userinfo schickt Wahr und Falsch als Text; diese Vorlage ist darauf eingestellt.

vendor-slack-place = Slack API › Your apps
vendor-slack-thing = eine App, mit der Redirect-URI unter „OAuth & Permissions“
vendor-slack-note = Auch Personen aus anderen Workspaces können sich anmelden, es sei denn, Sie beschränken die App auf Ihren. Unter den Claims ist team_id.

vendor-linkedin-place = LinkedIn Developers › My apps
vendor-linkedin-thing = eine App mit dem Produkt „Sign In with LinkedIn using OpenID Connect“
vendor-linkedin-note = Ihre App braucht das Produkt „Sign In with LinkedIn using OpenID Connect“. Für dieselbe Person nennt LinkedIn jeder App eine andere Kennung.

vendor-line-place = LINE Developers Console › Providers
vendor-line-thing = einen Channel „LINE Login“ mit dem App-Typ „Web app“
vendor-line-note = Sie bekommen keine E-Mail-Adresse: LINE signiert ID-Token für Websites mit dem gemeinsamen Geheimnis, und das nehmen wir nicht an. Eine Kennung gilt nur innerhalb eines LINE-Providers.

vendor-twitch-place = Twitch Developers › Your Console › Applications
vendor-twitch-thing = eine Anwendung vom Client-Typ „Confidential“
vendor-twitch-note = Twitch schickt eine E-Mail-Adresse nur, wenn der Parameter claims danach fragt; diese Vorlage tut das. Den Scope schickt Twitch in der Token-Antwort als Liste.

vendor-discord-place = Discord Developer Portal › Applications
vendor-discord-thing = eine Anwendung, mit der Redirect-URI unter „OAuth2“
vendor-discord-note = „Bestätigt“ heißt, dass Discord das Postfach einmal geprüft hat.

vendor-facebook-place = Meta for Developers › My Apps
vendor-facebook-thing = eine App mit „Facebook Login“
vendor-facebook-note = Für dieselbe Person nennt Facebook jeder App eine andere Kennung. Wer sich mit einer Telefonnummer registriert hat, hat keine E-Mail-Adresse, und bestätigt nennt Facebook keine.

vendor-x-place = X Developer Console › Apps
vendor-x-thing = eine App mit OAuth 2.0, als vertrauliche Web-App
vendor-x-note = Sie bekommen keine E-Mail-Adresse. Um X zu fragen, wer jemand ist, sind beide Scopes nötig.

vendor-spotify-place = Spotify for Developers › Dashboard
vendor-spotify-thing = eine App, die die „Web API“ nutzt
vendor-spotify-note = Spotify sagt selbst, dass es die E-Mail-Adresse nicht bestätigt hat.

vendor-dropbox-place = Dropbox Developers › App Console
vendor-dropbox-thing = eine App mit „Scoped access“ und der Berechtigung „account_info.read“
vendor-dropbox-note = Die App braucht die Berechtigung account_info.read.

vendor-wechat-place = 微信开放平台 › 管理中心 › 网站应用
vendor-wechat-thing = eine Website-App (网站应用) mit unserem Hostnamen als „授权回调域“
vendor-wechat-note = Sie bekommen weder E-Mail-Adresse noch Telefonnummer. Geben Sie Ihr Konto bei der Open Platform an: Dann ist eine Person in allen Apps dieses Kontos dieselbe. Wenn Sie kein solches Konto haben, geben Sie als Pfad der Kennung openid ein.

vendor-wechat-official-place = 微信公众平台 › 设置与开发
vendor-wechat-official-thing = ein Servicekonto (服务号) mit unserem Hostnamen als „网页授权域名“
vendor-wechat-official-note = Funktioniert nur innerhalb der WeChat-App. Geben Sie dasselbe Konto bei der Open Platform an wie für den QR-Code: Dann ist eine Person in beiden dieselbe.

vendor-qq-place = QQ互联 › 应用管理 › 网站应用
vendor-qq-thing = eine Website-App (网站应用) mit der Redirect-URI als „网站回调域“
vendor-qq-note = Sie bekommen weder E-Mail-Adresse noch Telefonnummer. Eine openid gehört zu genau einer App.

vendor-weibo-place = 微博开放平台 › 我的应用
vendor-weibo-thing = eine Web-App (网页应用) mit der Redirect-URI als „授权回调页“
vendor-weibo-note = Sie bekommen weder E-Mail-Adresse noch Telefonnummer. Weibo gibt jeder Person eine Nummer, die für alle Apps gleich ist.

vendor-active-directory-place = Active Directory-Benutzer und -Computer
vendor-active-directory-thing = ein Dienstkonto mit einem Kennwort, das nicht abläuft. Es muss nur Personen und Gruppen lesen können
vendor-active-directory-note = Personen melden sich mit ihrem Benutzernamen oder ihrem userPrincipalName an. Wir erkennen sie an der objectGUID; ein neuer Name ändert also nichts. Auch Gruppen in Gruppen zählen.

vendor-free-ipa-place = FreeIPA › cn=sysaccounts,cn=etc
vendor-free-ipa-thing = ein Systemkonto, das Personen und Gruppen lesen darf
vendor-free-ipa-note = Wir erkennen Personen an der ipaUniqueID. Ein 389 Directory Server ohne FreeIPA hat stattdessen nsUniqueId: Ändern Sie das nach dem Hinzufügen unter „Weitere Einstellungen“.

vendor-openldap-place = die Verwaltung Ihres Verzeichnisses
vendor-openldap-thing = einen Eintrag mit Passwort, der Personen und Gruppen lesen darf
vendor-openldap-note = Erwartet inetOrgPerson und groupOfNames. Verwendet Ihr Verzeichnis andere Klassen, ändern Sie nach dem Hinzufügen die Filter unter „Weitere Einstellungen“.

vendor-ldap-name = LDAP, beliebiges Verzeichnis
vendor-ldap-place = die Verwaltung Ihres Verzeichnisses
vendor-ldap-thing = ein Konto mit Passwort, das Personen und Gruppen lesen darf
vendor-ldap-note = Das Attribut für die Kennung darf sich nie ändern und nie an jemand anderen vergeben werden.

vendor-adfs-saml-place = AD FS Management › Relying Party Trusts › Add Relying Party Trust
vendor-adfs-saml-thing = eine Vertrauensstellung mit Claims, deren Bezeichner unsere Entitäts-ID und deren SAML-2.0-WebSSO-Dienst-URL unsere Antwortadresse ist, mit Ausstellungsregeln für primäre SID, E-Mail-Adresse, Name und Gruppen
vendor-adfs-saml-note = Wir erkennen Personen an ihrer primären SID. Sie brauchen also eine Regel, die sie weitergibt. Erreichen wir Ihren AD FS nicht, fügen Sie FederationMetadata.xml ein.

vendor-microsoft-saml-place = Microsoft Entra admin center › Enterprise applications › New application
vendor-microsoft-saml-thing = eine Anwendung außerhalb des Katalogs mit SAML-basiertem einmaligem Anmelden
vendor-microsoft-saml-note = Wir erkennen Personen an ihrer Objekt-ID. Gruppen kommen als IDs. Wer in mehr als 150 Gruppen ist, kommt ohne Gruppen.

vendor-okta-saml-place = Okta Admin Console › Applications › Applications › Create App Integration
vendor-okta-saml-thing = eine App-Integration mit „SAML 2.0“ und einem Attribut namens id mit dem Wert user.getInternalProperty("id")
vendor-okta-saml-note = Ohne das Attribut id kann sich niemand anmelden: Die NameID von Okta ist ein Benutzername, der sich ändern kann. Legen Sie auch Attribute namens email, displayName und groups an.

vendor-keycloak-saml-place = Keycloak Admin Console › Clients › Create client
vendor-keycloak-saml-thing = einen Client vom Typ „SAML“ mit unserer Entitäts-ID als Client-ID, eingeschaltetem „Sign assertions“ und ausgeschaltetem „Encrypt assertions“
vendor-keycloak-saml-note = Schalten Sie „Client signature required“ aus oder lassen Sie hier Anfragen signieren. E-Mail-Adresse, Name und Gruppen brauchen je einen Mapper.

vendor-simplesamlphp-place = metadata/saml20-sp-remote.php Ihres Identitätsanbieters
vendor-simplesamlphp-thing = einen Eintrag unter unserer Entitäts-ID mit der Antwortadresse
vendor-simplesamlphp-note = Eine beständige NameID sendet es nur, wenn ein Filter dafür eingerichtet ist. Wählen Sie sonst ein Attribut wie pairwise-id.

vendor-saml-name = SAML 2.0, beliebiger Anbieter
vendor-saml-place = die Konsole des Anbieters
vendor-saml-thing = einen Service Provider (eine Anwendung, eine vertrauende Seite) für SAML 2.0
vendor-saml-note = Der Anbieter muss seine Antworten signieren. Sendet er keine beständige NameID, wählen Sie ein Attribut, das sich nie ändert.

vendor-oidc-name = OpenID Connect, beliebiger Anbieter
vendor-oidc-place = die Konsole Ihres Anbieters
vendor-oidc-thing = einen vertraulichen Web-Client mit dem Authorization Code Flow
vendor-oidc-note = Funktioniert mit jedem Anbieter, der OpenID-Connect-Metadaten veröffentlicht.

vendor-oauth2-name = OAuth 2.0, beliebiger Server
vendor-oauth2-place = die Konsole Ihres Anbieters
vendor-oauth2-thing = einen vertraulichen Web-Client mit dem Authorization Code Flow
vendor-oauth2-note = Sie geben die Adressen ein und sagen, wo in der Antwort Kennung, E-Mail-Adresse und Name stehen. Die Kennung darf sich nie ändern.

### Settings of a provider, and what a provider can do.

setting-issuer = Aussteller
setting-issuer-hint = Genau wie in den Metadaten des Anbieters, ohne /.well-known.
setting-client-id = Client-ID
setting-client-id-hint = Die ID, die Sie beim Registrieren des Clients vom Anbieter bekommen haben.
setting-scopes = Scopes
setting-scopes-hint = Fragen Sie nach so wenig wie nötig. OpenID Connect: openid email.
setting-auth = Client-Authentifizierung
setting-auth-hint = Wie wir uns beim Anbieter ausweisen, wenn wir Token abholen. Ohne Client-Geheimnis schicken wir nur die Client-ID.
setting-auth-basic = Geheimnis im Header (Basic)
setting-auth-post = Geheimnis im Formular
setting-auth-none = Kein Geheimnis (öffentlicher Client)
setting-auth-private-key-jwt = JWT, mit einem privaten Schlüssel signiert (PEM)
setting-auth-apple-jwt = Apple: Geheimnis, mit einem privaten Schlüssel signiert (PEM)
setting-key-id = Schlüssel-ID
setting-key-id-hint = Die ID Ihres privaten Schlüssels beim Anbieter.
setting-team-id = Team-ID
setting-team-id-hint = Die ID Ihres Teams bei Apple.
setting-reauth = Erneute Anmeldung verlangen
setting-reauth-hint = Wie wir den Anbieter bitten, jemanden neu anzumelden. Manche Anbieter lehnen unbekannte Parameter ab.
setting-reauth-login-and-max-age = prompt=login und max_age=0
setting-reauth-login = prompt=login
setting-reauth-max-age = max_age=0
setting-reauth-neither = Keines von beiden
setting-reports-auth-time = Meldet den Anmeldezeitpunkt
setting-reports-auth-time-hint = Ob die Antworten des Anbieters sagen, wann sich jemand angemeldet hat (auth_time).
setting-reports-auth-time-unset = Wie seine Antworten zeigen
setting-form-post = Antwort als Formular
setting-form-post-hint = Wir bitten den Anbieter, seine Antwort als Formular zu senden.
setting-push = Anfragen vorab senden
setting-push-hint = Jede Autorisierungsanfrage zuerst direkt beim Anbieter hinterlegen, auch wenn seine Metadaten das nicht verlangen.
setting-extra = Weitere Parameter
setting-extra-hint = Kommen zu jeder Autorisierungsanfrage hinzu. Einer pro Zeile, zum Beispiel hd=example.com.
setting-extra-again = Parameter für erneute Anmeldung
setting-extra-again-hint = Kommen hinzu, wenn jemand ein anderes Konto wählt oder sich neu anmelden muss. Pro Zeile ein name=wert.
setting-authorization-endpoint = Autorisierungsendpunkt
setting-authorization-endpoint-hint = Leer lassen, um die Metadaten zu nutzen. Eine Adresse, die Sie hier eingeben, hat Vorrang.
setting-token-endpoint = Token-Endpunkt
setting-token-endpoint-hint = Leer lassen, um die Metadaten zu nutzen. Eine Adresse, die Sie hier eingeben, hat Vorrang.
setting-jwks-uri = Adresse der Schlüssel
setting-jwks-uri-hint = Leer lassen, um die Metadaten zu nutzen. Wenn Sie diese Adresse und die beiden Endpunkte davor eingeben, lesen wir keine Metadaten.
setting-userinfo-endpoint = Userinfo-Endpunkt
setting-userinfo-endpoint-hint = Leer lassen, um die Metadaten zu nutzen. Eine Adresse, die Sie hier eingeben, hat Vorrang.
setting-userinfo-by-post = Userinfo per Formular
setting-userinfo-by-post-hint = Das Zugriffstoken in einem Formular an Userinfo senden.
setting-wanted-claims = Claims von Userinfo
setting-wanted-claims-hint = Claims, nach denen wir Userinfo fragen, zusätzlich zu denen der Scopes email und profile.
setting-trusted-audiences = Weitere zulässige Empfänger
setting-trusted-audiences-hint = Empfänger (aud), die ein Token außer uns nennen darf. Nicht nötig, wenn azp uns nennt.
setting-algorithms = Signaturverfahren
setting-algorithms-hint = Leer lassen, um die anzunehmen, die der Anbieter nennt. Symmetrische nehmen wir nie an.
setting-tenant-issuer = Ein Aussteller pro Mandant
setting-tenant-issuer-hint = Jeder Mandant hat einen eigenen Aussteller, und wir erkennen eine Person an Mandant und oid.
setting-tenants = Zugelassene Mandanten
setting-tenants-hint = IDs der Mandanten, aus denen man sich anmelden darf. Leer lassen, um alle zuzulassen.
setting-text-booleans = Wahr und Falsch als Text
setting-text-booleans-hint = Die Texte „true“ und „false“ als Ja und Nein lesen.
setting-sign-out-too = Auch dort abmelden
setting-sign-out-too-hint = Was beim Anbieter geschieht, wenn sich jemand hier abmeldet. Tragen Sie dort zuerst die Adresse für die Rückkehr nach der Abmeldung ein.
setting-sign-out-too-off = Nur darauf hinweisen, dass man dort noch angemeldet ist
setting-sign-out-too-offer = Anbieten, sich auch dort abzumelden
setting-sign-out-too-always = Immer auch dort abmelden
setting-authorization-url = Autorisierungsadresse
setting-authorization-url-hint = Die Seite, auf der man sich beim Anbieter anmeldet.
setting-token-url = Token-Adresse
setting-token-url-hint = Wo wir den Code gegen ein Zugriffstoken tauschen.
setting-userinfo-url = Userinfo-Adresse
setting-userinfo-url-hint = Wo wir fragen, wer die Person ist.
setting-subject-path = Pfad der Kennung
setting-subject-path-hint = Wo in der Antwort eine Kennung steht, die sich nie ändert, zum Beispiel id oder data.user_id.
setting-email-path = Pfad der E-Mail-Adresse
setting-email-path-hint = Wo in der Antwort die E-Mail-Adresse steht, zum Beispiel email oder emails.0.value. Listeneinträge zählen ab 0.
setting-email-verified-path = Pfad der Bestätigung
setting-email-verified-path-hint = Wo die Antwort sagt, ob die E-Mail-Adresse bestätigt ist.
setting-name-path = Pfad des Namens
setting-name-path-hint = Wo in der Antwort der Name der Person steht, zum Beispiel name oder data.name.
setting-addresses-url = Adresse der E-Mail-Liste
setting-addresses-url-hint = Liefert eine Liste von E-Mail-Adressen mit verified und primary, seitenweise, wie bei GitHub.
setting-platform-account = Konto der Open Platform
setting-platform-account-hint = Nur für WeChat: das Konto, an dessen unionid wir eine Person erkennen.
setting-servers = Server
setting-servers-hint = Zum Beispiel ldaps://dc1.example.com. Bei ldap:// stellen wir zuerst auf Verschlüsselung um (StartTLS). Mehrere mit Leerzeichen dazwischen: Antwortet einer nicht, fragen wir den nächsten.
setting-bind-dn = Suchkonto
setting-bind-dn-hint = Der Distinguished Name des Kontos, das Personen nachschlägt, zum Beispiel cn=ligature,ou=services,dc=example,dc=com. Active Directory nimmt auch name@domain.
setting-base-dn = Wo Personen stehen
setting-base-dn-hint = Alles darunter wird durchsucht, zum Beispiel dc=example,dc=com.
setting-login-filter = Anmeldefilter
setting-login-filter-hint = Findet genau einen Eintrag. {"{login}"} steht für das, was eingegeben wurde.
setting-subject-attribute = Attribut der Kennung
setting-subject-attribute-hint = Ändert sich nie und wird nie neu vergeben: entryUUID, objectGUID, ipaUniqueID.
setting-username-attribute = Attribut des Benutzernamens
setting-username-attribute-hint = Zum Beispiel uid oder sAMAccountName. Leer lassen, wenn es keinen gibt.
setting-email-attribute = Attribut der E-Mail-Adresse
setting-email-attribute-hint = Zum Beispiel mail. Der erste Wert zählt.
setting-emails-are-verified = E-Mail-Adressen stimmen
setting-emails-are-verified-hint = Wählen Sie „Ja“ nur, wenn Administratoren die Adressen eintragen und Personen ihre eigene nicht ändern können.
setting-name-attribute = Attribut des Namens
setting-name-attribute-hint = Zum Beispiel displayName oder cn.
setting-wanted-attributes = Weitere Attribute
setting-wanted-attributes-hint = Für Profilfelder und Regeln, zum Beispiel department employeeNumber.
setting-group-filter = Gruppenfilter
setting-group-filter-hint = Findet die Gruppen einer Person. {"{dn}"} steht für den Namen des Eintrags, {"{username}"} für den Benutzernamen. Leer lassen für keine Gruppen.
setting-group-base-dn = Wo Gruppen stehen
setting-group-base-dn-hint = Leer lassen, um dort zu suchen, wo Personen stehen.
setting-group-name-attribute = Attribut des Gruppennamens
setting-group-name-attribute-hint = Zum Beispiel cn.
setting-nested-groups = Gruppen in Gruppen
setting-nested-groups-hint = Auch die Gruppen suchen, in denen Gruppen sind.
setting-plain = Ohne Verschlüsselung
setting-plain-hint = Passwörter gingen lesbar durchs Netz. Nur für Tests.
setting-metadata-url = Adresse der Metadaten
setting-metadata-url-hint = Wo der Anbieter seine SAML-Metadaten veröffentlicht. Wir lesen sie, wenn unten Entitäts-ID, Anmeldeadresse oder Zertifikate fehlen. Um sie neu zu lesen, leeren Sie die Zertifikate und speichern.
setting-metadata = Metadaten
setting-metadata-hint = Fügen Sie das XML hier ein, wenn wir diese Adresse nicht erreichen. Es ersetzt Entitäts-ID, Anmeldeadresse und Zertifikate.
setting-idp-entity-id = Entitäts-ID des Anbieters
setting-idp-entity-id-hint = Genau so, wie der Anbieter sich nennt (Issuer).
setting-sso-url = Anmeldeadresse
setting-sso-url-hint = Wohin wir Personen schicken, per HTTP-Redirect.
setting-certificates = Signaturzertifikate
setting-certificates-hint = Als PEM. Bevor der Anbieter seinen Schlüssel wechselt, fügen Sie das nächste Zertifikat unter dem jetzigen ein.
setting-subject-claim = Attribut der Kennung
setting-subject-claim-hint = Ein Attribut, das sich nie ändert und nie neu vergeben wird. Leer lassen, um die beständige NameID zu nutzen.
setting-email-claim = Attribut der E-Mail-Adresse
setting-email-claim-hint = Leer lassen, um unter den üblichen Namen zu suchen.
setting-name-claim = Attribut des Namens
setting-name-claim-hint = Leer lassen, um unter den üblichen Namen zu suchen.
setting-username-claim = Attribut des Benutzernamens
setting-username-claim-hint = Leer lassen, um unter den üblichen Namen zu suchen.
setting-groups-claim = Attribut der Gruppen
setting-groups-claim-hint = Leer lassen, um unter den üblichen Namen zu suchen.
setting-sign-requests = Signierte Anfragen
setting-sign-requests-hint = Nur, wenn der Anbieter sie verlangt. Wir erzeugen einen Schlüssel dafür, und unsere Metadaten enthalten sein Zertifikat.
setting-force-authn = Fragt auf Wunsch erneut
setting-force-authn-hint = Ob der Anbieter Personen auf unseren Wunsch neu anmeldet (ForceAuthn) und die richtige Zeit meldet. Tut er das nicht, wählen Sie „Nein“. Dann bieten wir diesen Anbieter zum Bestätigen nicht an.
setting-web-url = Web-Adresse
setting-web-url-hint = Ändern Sie sie nur für einen eigenen GitHub-Server.
setting-api-url = API-Adresse
setting-api-url-hint = Ändern Sie sie nur für einen eigenen GitHub-Server.

capability-email = E-Mail-Adresse
capability-verified-email = Sagt, ob er die E-Mail-Adresse bestätigt hat
capability-phone = Telefonnummer
capability-user-name = Benutzername
capability-stable-subject = Eine Kennung, die sich nie ändert
capability-groups = Gruppen
capability-logout = Kann Personen auch dort abmelden
capability-reauthentication = Kann Personen neu anmelden und sagt, wann

## Einen Anbieter hinzufügen und ändern
gallery-lead = Wählen Sie, womit sich Ihre Leute anmelden. Die Schaltfläche sieht niemand, bevor Sie sie einschalten.
gallery-search = Nach Namen suchen
gallery-none = Kein Anbieter heißt so. Jeder, der OpenID Connect spricht, geht mit:
provider-add-title = { $name } hinzufügen
provider-add-lead = Das dauert etwa zwei Minuten. Die Schaltfläche sieht niemand, bevor Sie sie einschalten.
provider-step-register = Uns bei { $name } eintragen
provider-step-open = Gehen Sie zu { $place }.
provider-step-create = Legen Sie dort Folgendes an: { $thing }.
provider-step-paste = Tragen Sie dort die Rücksprungadresse von oben ein und kopieren Sie Client-ID und Client-Geheimnis.
provider-step-given = Eintragen, was Sie von { $name } bekommen haben
provider-step-name = Die Schaltfläche benennen
your-provider = Ihrem Anbieter
provider-name = Name
provider-key-more = Schlüssel in Adressen
provider-private-key = Privater Schlüssel
provider-private-key-hint = Die ganze Datei mit den Zeilen BEGIN und END. Wird verschlüsselt gespeichert und nie wieder angezeigt.
provider-enable-now = Sofort einschalten
provider-enable-now-hint = Ohne den Test. Sonst bleibt er aus, bis Sie ihn einschalten.
provider-save-test = Speichern und testen
provider-tells = Was { $name } kann
provider-added = Gespeichert, ausgeschaltet. Wenn der Test unten gut aussieht, schalten Sie ihn ein.
provider-on = Eingeschaltet
provider-off = Ausgeschaltet
provider-on-why = Seine Schaltfläche steht auf der Anmeldeseite.
provider-off-why = Niemand sieht seine Schaltfläche, niemand meldet sich damit an, und nichts wird damit verknüpft.
health-title = Verfügbarkeit
health-unknown = Seit dem Start dieses Servers hat ihn noch niemand benutzt.
health-failing = Fällt aus
health-since = seit
health-tries = Niemand wartet auf ihn; jede halbe Minute versucht es eine Anmeldung wieder.
health-never = Nie
health-last-success = Letzter Erfolg
health-last-fault = Letzter Fehler
health-in-a-row = Fehler in Folge
health-requests = Seit dem Start des Servers
health-counts = { $requests } Anfragen, davon { $failures } gescheitert
health-wait = Übliche Wartezeit
health-wait-ms = { $ms } ms (Median der letzten 20)
health-whose = So, wie dieser Serverprozess es erlebt hat. Falsche Codes und Abbrüche zählen nicht als Fehler.
provider-test = Verbindung testen
test-sign-in = Anmeldung ausprobieren
test-sign-in-title = Testanmeldung mit { $name }
test-sign-in-lead = Melden Sie sich bei { $name } mit Ihrem eigenen Konto dort an. Danach sehen Sie, was der Anbieter über Sie sagt und was mit jemandem geschähe, der so ankommt.
test-sign-in-own = Die Werte sehen nur Sie, und nur einmal. Gespeichert werden sie nicht.
test-sign-in-nothing = Nichts wird verknüpft, kein Konto wird angelegt, und Ihre Sitzung bleibt, wie sie ist.
test-sign-in-off = Der Anbieter bleibt ausgeschaltet. Niemand sonst sieht seine Schaltfläche.
test-sign-in-go = Bei { $name } anmelden
test-sign-in-worked = { $name } hat geantwortet, die Anmeldung funktioniert. Nichts wurde geändert.
test-sign-in-still-off = Der Anbieter ist noch ausgeschaltet. Wenn das hier gut aussieht, schalten Sie ihn ein.
test-sign-in-failed = Die Anmeldung hat nicht funktioniert. Nichts wurde geändert.
test-sign-in-back = Zurück zum Anbieter
test-sign-in-again = Noch einmal
test-counts = Was davon wofür zählt
test-counts-subject = Schlüssel der Person
test-counts-address = E-Mail
test-counts-trust = Wie weit die E-Mail-Adresse gilt
test-counts-name = Name
test-counts-second-factor = Gilt als zwei Faktoren
test-counts-group-words = Wörter für Gruppen
test-counts-groups = Gruppen, die sich daraus ergeben
test-counts-filtered = Vom Claim-Filter abgewiesen
test-counts-field = Neue Konten: { $field }
test-decided = Was die Richtlinie täte
test-decided-lead = Mit jemandem, der so ankommt, bei eingeschaltetem Anbieter. Nach dieser ersten Seite wird mit dem, was die Person wählt und nachweist, neu entschieden.
test-claims = Alles, was ankam
test-claims-lead = So, wie der Anbieter es geschickt hat, nachdem die Signatur oder die Antwort selbst geprüft war.
test-claims-none = Nichts außer dem Schlüssel der Person.
test-claims-more = Weitere Angaben, die nicht gezeigt werden: { $count }
test-column-claim = Angabe
test-column-value = Wert
provider-share-begin = Anbieten
provider-share-end = Angebot zurücknehmen
provider-delete = Diesen Anbieter löschen
provider-delete-ask = Löschen …
provider-delete-title = { $name } löschen?
provider-delete-lead = Einstellungen, Geheimnis und Zuordnung gehen endgültig verloren. Der Schlüssel wird frei.
provider-delete-linked = Verknüpfte Identitäten, auch solche, die sich noch zurückholen lassen: { $count }. Schalten Sie den Anbieter stattdessen aus: So bleibt allen, was verknüpft ist.
provider-delete-adopted = Organisationen, die ihn benutzen: { $count }. Nehmen Sie zuerst das Angebot zurück.
provider-deleted = Der Anbieter ist gelöscht.
section-state = Zustand
turn-on = Einschalten
turn-off = Ausschalten
more-settings = Weitere Einstellungen
tested-works = Geht
tested-unclear = Unklar
tested-broken = Geht nicht
yes = Ja
no = Nein
bind-methods = Womit man ein bestehendes Konto als eigenes zeigen kann
place-host = Host
place-host-hint = Ohne https://, zum Beispiel id.example.com.
place-domain = Domain
place-domain-hint = Ohne https://, zum Beispiel ihr-name.example.com.
place-tenant = Mandanten-ID
place-tenant-hint = Die ID des Verzeichnisses (Mandanten), nicht sein Name.
place-realm = Realm
place-realm-hint = Wie er in der Adresse der Konsole steht.
place-slug = Kürzel der Anwendung
place-slug-hint = Wie es in der Adresse der Anwendung dort steht.
place-region = Region
place-region-hint = Zum Beispiel eu-central-1.
place-pool = ID des User Pools
place-pool-hint = Zum Beispiel eu-central-1_AbCdEf.
field-place = Geben Sie nur diesen Teil der Adresse ein, ohne https:// und ohne Leerzeichen.
field-pairs = Je Zeile einmal Name=Wert.
field-choice = Wählen Sie einen der Werte.
provider-step-directory = { $name } vorbereiten
provider-step-directory-copy = Kopieren Sie seinen Distinguished Name und sein Passwort.
provider-step-directory-given = Eintragen, wo es ist
directory-password = Passwort des Suchkontos
place-directory = Verzeichnisserver
place-directory-hint = Der Hostname, zum Beispiel dc1.example.com. Wir verbinden uns verschlüsselt (ldaps).
field-ldap-url = Adressen sehen aus wie ldaps://dc1.example.com oder ldap://dc1.example.com:389.
field-ldap-many = Höchstens fünf Server.
field-ldap-plain = Ohne Verschlüsselung nur dort, wo der Betreiber es für Tests erlaubt.
field-ldap-filter = Geben Sie einen Filter in Klammern ein, der {"{login}"} und kein anderes Wort in geschweiften Klammern enthält.
field-ldap-group-filter = Geben Sie einen Filter in Klammern ein, der {"{dn}"} oder {"{username}"} und kein anderes Wort in geschweiften Klammern enthält.
field-attribute = Geben Sie den Namen eines Attributs ein: Buchstaben, Ziffern und Bindestriche.
field-subject-mutable = Das kann sich ändern oder an jemand anderen gehen. Wählen Sie eine Kennung wie entryUUID oder objectGUID.
field-saml-absent = Dieses Programm wurde ohne SAML gebaut.
field-saml-metadata = Geben Sie die Adresse der Metadaten an, fügen Sie die Metadaten ein oder füllen Sie die Felder unter „Von Hand eintragen“ aus.
field-saml-metadata-unread = Das sind keine Metadaten genau eines SAML-Identitätsanbieters mit Signaturzertifikat und Anmeldeadresse für HTTP-Redirect.
field-saml-certificate = Fügen Sie Zertifikate als PEM ein, höchstens zehn, jedes mit einem RSA-Schlüssel ab 2048 Bit oder einem EC-Schlüssel.
field-saml-attribute = Geben Sie den Namen eines Attributs ein, höchstens 300 Zeichen.
field-saml-fetch = Dort konnten wir keine Metadaten lesen. Prüfen Sie die Adresse oder fügen Sie die Metadaten unten ein. Was geschah, steht im Protokoll.
provider-step-metadata = Kopieren Sie die Adresse der Metadaten oder die Metadaten selbst.
saml-entity-id = Unsere Entitäts-ID (Bezeichner, Audience):
saml-acs = Unsere Antwortadresse (ACS, Antwort-URL, Single-Sign-on-URL):
saml-metadata-later = Nach dem Speichern stehen unsere Metadaten unter der Adresse bereit, die unsere Entitäts-ID ist.
saml-metadata-ours = Unsere Metadaten
saml-by-hand = Von Hand eintragen
saml-key = Schlüssel für signierte Anfragen
saml-key-hint = Wir erzeugen einen, wenn Anfragen signiert werden sollen. Um einen anderen zu nutzen, fügen Sie einen privaten Schlüssel (PKCS #8) und sein Zertifikat ein, beide als PEM. Wird versiegelt gespeichert und nie wieder gezeigt.
field-match-nothing = Dieser Anbieter nennt weder E-Mail-Adresse noch Telefonnummer noch Benutzernamen; kein Feld kann übereinstimmen. Lassen Sie Personen stattdessen ein Konto verknüpfen.
match-nothing = Konten lassen sich hier nicht über ein Feld finden: Dieser Anbieter nennt weder E-Mail-Adresse noch Telefonnummer noch Benutzernamen.
