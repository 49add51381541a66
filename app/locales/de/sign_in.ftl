### Pages of signing in, of an attempt, and of applications that ask.

## several pages

back-to-login = Zurück zur Anmeldung
login-with = Weiter mit { $provider }
field-contact = Geben Sie eine E-Mail-Adresse wie anna@example.com ein oder eine Telefonnummer mit Landesvorwahl wie +49 30 123456.
consent-allow = Erlauben
consent-deny = Abbrechen
address-title = E-Mail-Adresse bestätigen
address-without = Ohne meine Adresse weiter

## attempt

password-new = Neues Passwort
reset-set-title = Code und neues Passwort eingeben
reset-set-go = Passwort setzen
choose-title = Mit dieser Anmeldung sind Sie neu hier
choose-lead = Sie haben sich mit { $who } angemeldet. Wie möchten Sie weitermachen?
choose-lead-found = Sie haben sich mit { $who } angemeldet. Ein Konto mit dieser Adresse gibt es schon. Wie möchten Sie weitermachen?
choose-use = Meine bisherige Anmeldung benutzen
choose-use-with = Mit { $methods } anmelden
choose-use-why = Sie melden sich an wie bisher. Wir vergessen { $provider } wieder.
choose-add = { $provider } zu meinem Konto hinzufügen
choose-add-to = { $provider } zu { $address } hinzufügen
choose-add-why = Nach der Prüfung, dass das Konto Ihres ist, öffnen es beide Wege.
choose-enter = Zeigen, dass ich ein Konto habe
choose-enter-why = Sie nennen das Konto und zeigen, dass es Ihnen gehört. Danach öffnen es beide Wege.
choose-create = Neues Konto anlegen
choose-create-why = Es ist von jedem anderen Konto getrennt und bleibt es.
code-title = Code eingeben
code-lead = Wenn { $address } zu einem Konto gehört, haben wir ihm einen Code geschickt. Er gilt { $minutes } Minuten, hier in diesem Browser.
code-lead-hidden = Wenn es ein passendes Konto gibt, haben wir einen Code an dessen Postfach geschickt. Er gilt { $minutes } Minuten, hier in diesem Browser.
code-title-signup = Code eingeben
code-lead-signup = Wir haben einen Code an { $address } geschickt. Er gilt { $minutes } Minuten, hier in diesem Browser.
code-lead-reset = Wenn { $address } zu einem Konto gehört, haben wir ihm einen Code geschickt. Er gilt { $minutes } Minuten, hier in diesem Browser.
code-hint = So, wie er ankam, mit oder ohne Striche. Verbleibende Versuche: { $tries }.
code-none = Kein Code da? Sehen Sie im Spam-Ordner nach und prüfen Sie die Adresse. In einer Stunde und an einem Tag gehen nur wenige Codes hinaus. Haben andere sie verbraucht, fordern Sie einen in einem Browser an, in dem Sie sich in den letzten 90 Tagen angemeldet haben: Für ihn gibt es eigene Codes. Oder nehmen Sie einen anderen Weg.
code-again = Neuen Code schicken
bind-title = Zeigen, dass das Konto Ihres ist
bind-lead = Zeigen Sie, dass das Konto, dem { $provider } hinzugefügt werden soll, Ihnen gehört.
bind-instead = Stattdessen das Passwort des Kontos benutzen
bind-password = Passwort des Kontos
bind-go = Hinzufügen
attempt-cancel = Abbrechen und zurück zur Anmeldung
mail-stuck = Unsere Nachrichten verzögern sich gerade. Ihr Code ist nicht verloren; er geht hinaus, sobald der Server dafür antwortet.
code-lead-claim = Wir haben einen Code an { $address } geschickt, um sicher zu sein, dass die Adresse Ihnen gehört. Er gilt { $minutes } Minuten, hier in diesem Browser.
bind-by-code = Stattdessen einen Code per E-Mail verwenden
bind-by-identity = Eine andere Anmeldung des Kontos verwenden
finish-title = Konto fertigstellen
finish-lead = Eine Registrierung mit { $address } wurde begonnen und nicht beendet. Wählen Sie ein Passwort; danach öffnet auch { $provider } das Konto. Was vorher eingegeben wurde, wird nicht behalten.
finish-go = Passwort setzen und weiter
email-changed-title = Ihre Adresse bei { $provider } ist eine andere
email-changed-lead = { $provider } kennt Sie als { $address }. Ihr Konto hier hat eine andere Adresse. Was soll geschehen?
email-update = Ab jetzt { $address } verwenden
email-update-why = Wir senden zuerst einen Code dorthin. Die alte Adresse wird benachrichtigt und gilt nicht mehr.
email-ignore = { $address } behalten
email-ignore-none = Nicht übernehmen
email-ignore-why = Nach dieser Adresse werden Sie nicht mehr gefragt.
email-later = Später entscheiden
email-later-why = Sie werden bei der nächsten Anmeldung wieder gefragt.
code-lead-confirm = Wir haben einen Code an { $address } gesendet. Er gilt { $minutes } Minuten, hier in diesem Browser.
code-lead-new-email = Wir haben einen Code an { $address } gesendet. Er gilt { $minutes } Minuten, hier in diesem Browser. Bis Sie ihn eingeben, ändert sich nichts.
factor-wrong = Das ist nicht der aktuelle Code der App. Warten Sie auf den nächsten und prüfen Sie die Uhr Ihres Telefons. Nach vielen falschen Codes gilt einer nur noch in Browsern, in denen Sie sich in den letzten 90 Tagen angemeldet haben; nehmen Sie sonst einen Wiederherstellungscode.
factor-title = Noch ein Schritt
factor-lead = Geben Sie den Code aus Ihrer Authenticator-App oder einen Wiederherstellungscode ein.
details-title = Bevor es weitergeht
details-lead = Ein paar Dinge, die wir wissen müssen.
details-lead-agree = Bitte lesen Sie das und stimmen Sie zu.
merge-preview-lead = Das andere Konto wird Teil des Kontos, bei dem Sie angemeldet sind.
restore-title = Dieses Konto wird gelöscht
restore-lead = Das haben Sie in den letzten zwei Wochen verlangt. Sie können das Konto noch behalten, mit allem darin.
code-lead-sign-in = Wenn { $address } ein Konto hat, ist ein Code unterwegs. Er gilt { $minutes } Minuten.
bind-by-passkey = Mit einem Passkey zeigen, dass es Ihres ist
bind-by-code-phone = Stattdessen einen Code per SMS verwenden
bind-by-code-either = Stattdessen einen Code per E-Mail oder SMS verwenden
code-lead-new-phone = Wir haben einen Code per SMS an { $number } geschickt. Er gilt { $minutes } Minuten, hier in diesem Browser. Bis Sie ihn eingeben, ändert sich nichts.
code-lead-prove-email = Wir haben einen Code an { $address } geschickt. Geben Sie ihn innerhalb von { $minutes } Minuten hier ein, dann gilt die Adresse als Ihre. Kein Code? Vielleicht verwendet schon jemand anderes diese Adresse.

## login

sign-in = Anmelden
login-title = Anmelden
login-title-application = Bei { $name } anmelden
login-last = Zuletzt benutzt
login-new = Konto anlegen
login-forgot = Passwort vergessen?
login-wrong = E-Mail-Adresse oder Passwort ist falsch. Prüfen Sie beides, oder melden Sie sich anders an. Nach vielen falschen Passwörtern gilt ein Passwort nur noch in Browsern, in denen Sie sich in den letzten 90 Tagen angemeldet haben; melden Sie sich sonst anders an, oder wählen Sie „Passwort vergessen?“.
login-first-password = Bisher nur über einen anderen Anbieter angemeldet? Dann haben Sie noch kein Passwort. Wir schicken Ihnen einen Code, mit dem Sie eines festlegen.
login-first-password-go = Passwort per E-Mail festlegen
login-nothing = Zurzeit gibt es keine Möglichkeit, sich anzumelden. Fragen Sie Ihre Verwaltung.
login-by-code = Mit einem Code anmelden
login-by-passkey = Mit einem Passkey anmelden
login-unavailable = { $providers } ist zurzeit nicht erreichbar. Hat Ihr Konto noch einen anderen Anmeldeweg, nehmen Sie den.
down-other-ways = Melden Sie sich anders an:
down-local = Andere Anmeldewege

## sign_up

signup-title = Konto anlegen
signup-lead = Wir schicken einen Code an Ihre Adresse. Das Konto beginnt, wenn Sie ihn hier eingeben.
signup-go = Code schicken

## reset

reset-title = Neues Passwort setzen
reset-lead = Wenn die Adresse zu einem Konto gehört, schicken wir ihr einen Code.
reset-go = Code schicken

## setup

setup-title = Erste Verwalterin oder erster Verwalter werden
setup-lead = Der Einmalschlüssel steht in der Ausgabe des Servers. Er gilt einmal, eine Stunde lang.
setup-token = Einmalschlüssel
setup-go = Konto anlegen

## refused

refusal-code = Kennung:
refusal-support = Hilfecode:
refusal-back-to = Zurück zu { $name }

## complete

factor-code-hint = Sechs Ziffern, alle 30 Sekunden neu.
factor-lost = Telefon und Wiederherstellungscodes verloren? Fragen Sie Ihre Verwaltung.
details-agree = Ich stimme zu:
details-read = Lesen
details-go = Weiter
optional = freiwillig
restore-go = Konto behalten und anmelden
restore-leave = Wenn es gelöscht werden soll, schließen Sie einfach diese Seite.

## by_code

directory-title = Mit { $provider } anmelden
directory-lead = Geben Sie Benutzernamen und Passwort von { $provider } ein. Wir geben sie weiter und behalten sie nicht.
directory-login = Benutzername
directory-wrong = Benutzername oder Passwort ist falsch, oder dieses Konto darf sich nicht anmelden. Prüfen Sie beides, oder fragen Sie die Stelle, die Ihren Benutzernamen verwaltet.
directory-other = Anders anmelden
login-code-title = Mit einem Code anmelden
login-code-lead = Wir mailen einen Code an die Adresse Ihres Kontos.
login-code-go = Code senden
login-code-lead-phone = Wir schicken einen Code per SMS an die Nummer Ihres Kontos.
login-code-lead-either = Wir schicken einen Code an die Adresse oder die Nummer Ihres Kontos.

## consent

consent-title = { $application } möchte auf Ihr Konto zugreifen
consent-lead = Sie sind als { $name } angemeldet. Wenn Sie es erlauben, weiß { $application }, dass Sie es sind, und kann:
consent-lead-nameless = Wenn Sie es erlauben, weiß { $application }, dass Sie es sind, und kann:
consent-later = Sie können den Zugriff jederzeit in Mein Konto unter Anwendungen entfernen.
consent-before = schon erlaubt
scope-nothing = Wissen, dass Sie es sind, und sonst nichts.
scope-profile = Ihren Namen und Ihre Sprache sehen
scope-email = Ihre E-Mail-Adresse sehen
scope-phone = Ihre Telefonnummer sehen
scope-address = Ihre Postanschrift sehen, wenn es eine gibt
scope-roles = Ihre Rollen sehen
scope-groups = Sehen, zu welchen Gruppen Sie gehören
scope-offline = Das alles auch tun, während Sie weg sind
scope-identities = Sehen, welche Anbieter Sie nutzen und was sie über Sie gesagt haben
consent-next = Als Nächstes geht Ihr Browser zu { $host }.
consent-next-here = Als Nächstes geht Ihr Browser zu einem Programm auf diesem Gerät.
consent-next-scheme = Als Nächstes öffnet Ihr Browser das Programm auf diesem Gerät, das auf „{ $scheme }“ hört.
consent-unchecked = Ein Programm hat diese Anwendung registriert, und niemand hier hat ihren Namen geprüft. Erlauben Sie nur dann etwas, wenn Sie wissen, wohin Ihr Browser als Nächstes geht.
scope-name = Ihren Namen sehen
scope-language = Ihre Sprache sehen
scope-username = Ihren Benutzernamen sehen
scope-updated = Sehen, wann sich Ihre Angaben zuletzt geändert haben
scope-own = „{ $claim }“ erfahren: eine Angabe, die die Administratoren dieses Servers dafür bestimmt haben

## device

device-title = Ein Gerät verbinden
device-lead = Geben Sie den Code ein, den Ihr Gerät zeigt.
device-code = Code auf dem Gerät
device-go = Weiter
device-unknown = Kein Gerät wartet mit diesem Code. Prüfen Sie ihn auf dem Gerät, oder lassen Sie es einen neuen zeigen.
device-asks = { $application } auf einem Gerät möchte auf Ihr Konto zugreifen, { $name }. Wenn Sie es erlauben, weiß die Anwendung, dass Sie es sind, und kann:
device-asks-nameless = { $application } auf einem Gerät möchte auf Ihr Konto zugreifen. Wenn Sie es erlauben, weiß die Anwendung, dass Sie es sind, und kann:
device-warning = Erlauben Sie es nur, wenn das Gerät vor Ihnen steht und genau diesen Code zeigt.
device-shows = Ihr Gerät muss diesen Code zeigen:
device-allowed = Das Gerät ist verbunden. Gehen Sie zu ihm zurück.
device-denied = Das Gerät wurde nicht verbunden.
device-another = Ein weiteres Gerät verbinden
device-unchecked = Ein Programm hat diese Anwendung registriert, und niemand hier hat ihren Namen geprüft. Erlauben Sie es nur, wenn Sie wissen, woher sie stammt.

## logout

logout-title = Abmelden?
logout-lead = Sie sind hier angemeldet. Die Abmeldung beendet diese Sitzung, und Anwendungen erfahren davon.
logout-lead-application = { $application } möchte Sie auch hier abmelden. Andere Anwendungen erfahren davon.
logout-stay = Angemeldet bleiben
logout-done = Abgemeldet
logout-back = Zurück zu { $application }
logout-still-there = In diesem Browser sind Sie bei { $provider } noch angemeldet. An einem Gerät, das auch andere benutzen, melden Sie sich dort ebenfalls ab.
logout-there = Auch bei { $provider } abmelden
logout-there-site = Zu { $provider }
logout-there-now = { $provider } meldet Sie jetzt auch dort ab.
logout-both = Sie sind hier und bei { $provider } abgemeldet.

## address

address-lead = { $application } fragt nach Ihrer E-Mail-Adresse. Bevor wir { $address } weitergeben, bestätigen Sie bitte, dass sie Ihnen gehört. Wir schicken einen Code dorthin.
address-there = { $application } fragt nach Ihrer E-Mail-Adresse. Es gibt nichts mehr zu bestätigen.
address-send = Code schicken
address-on = Weiter zu { $application }

## Going back to an application that wants the answer posted

reply-title = Zurück zur Anwendung
reply-lead = Ihr Browser bringt Sie zurück. Wenn nichts geschieht, drücken Sie auf „Weiter“.

## On the page of an attempt that is over, for who came from an application

refusal-begin-again = Sie waren auf dem Weg zu { $application }. Öffnen Sie { $application } noch einmal und melden Sie sich von dort aus an.
refusal-begin-again-go = { $application } öffnen
refusal-clear = Es klappt weiterhin nicht? Löschen Sie die Anmeldungen, die in diesem Browser begonnen wurden.

## no_access

no-access-title = Sie haben keinen Zugang zu { $application }
no-access-lead = { $application } ist nur für bestimmte Gruppen offen, und so, wie Sie jetzt angemeldet sind, gehören Sie zu keiner davon.
no-access-ask = Bitten Sie Ihre Administration, Sie in eine Gruppe aufzunehmen, die sie benutzen darf.
no-access-other = Auf einem anderen Weg anmelden

clear-title = Begonnene Anmeldungen löschen
clear-lead = Nicht abgeschlossene Anmeldungen in diesem Browser: { $n }. Sie zu löschen kann helfen, wenn die Anmeldung immer wieder scheitert. Sie bleiben angemeldet.
clear-none = In diesem Browser gibt es keine begonnenen Anmeldungen.
clear-go = Löschen
clear-done = Gelöscht. Sie können sich neu anmelden.
