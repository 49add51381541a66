### Pages of My Account.

## several pages

keep = Behalten
remove = Entfernen
method-used = zuletzt benutzt
method-remove-of = { $name } entfernen
address-proved = Bestätigt
confirm-with = Mit { $provider } bestätigen
own-password-set = Passwort setzen
own-password-change = Passwort ändern
export-title = Daten herunterladen
delete-title = Konto löschen
undo-title = Das war ich nicht
undo-waits = Alle wurden abgemeldet, und was seit der Änderung dazugekommen ist, ruht. Entscheidet vorher niemand, machen wir die Änderung rückgängig am:
factor-own-lead = Ein zusätzlicher Code aus einer Authenticator-App bei jeder Anmeldung.
factor-begin = Zweiten Faktor einrichten
merge-title = Ein anderes Konto mit diesem zusammenführen
passkeys-title = Passkeys
passkeys-lead = Melden Sie sich mit Fingerabdruck, Gesicht oder Geräte-PIN statt mit einem Passwort an. Er steht auch für den zweiten Faktor.
confirm-passkey = Einen Passkey verwenden
own-phone-lead = Eine nachgewiesene Nummer kann beim Anmelden und beim Verbinden von Konten für Ihre Adresse stehen. Sie gehört Ihnen, bis jemand anderes sie nachweist.
own-phone-manage = Telefonnummer verwalten
own-applications-title = Anwendungen

## methods

account-title = Mein Konto
account-hello = Hallo { $name }
account-restored = Dieser Dienst wurde am { $at } auf einen früheren Stand zurückgesetzt. Was Sie kurz davor geändert haben, kann verloren sein; Entferntes kann wieder da sein. Prüfen Sie, ob alles auf dieser Seite, womit man sich bei Ihrem Konto anmelden kann, wirklich Ihnen gehört, und entfernen Sie den Rest. Haben Sie gerade erst Ihr Passwort geändert, ändern Sie es bitte noch einmal.
account-restored-since = Dieser Dienst wurde am { $at } aus einer Sicherung wiederhergestellt. Was Sie nach dem { $since } geändert haben, ist verloren; Entferntes kann wieder da sein. Prüfen Sie, ob alles auf dieser Seite, womit man sich bei Ihrem Konto anmelden kann, wirklich Ihnen gehört, und entfernen Sie den Rest. Haben Sie in dieser Zeit Ihr Passwort geändert, ändern Sie es bitte noch einmal.
methods-lead = Jeder davon öffnet Ihr Konto.
methods-lead-fixed = Jeder davon öffnet Ihr Konto. Ihre Verwaltung erlaubt hier keine Änderungen.
methods-add = Anmeldeweg hinzufügen
methods-nothing-to-add = Zurzeit gibt es nichts hinzuzufügen.
method-add-provider = { $provider } hinzufügen
method-current = Jetzt in Gebrauch
method-off = Ausgeschaltet
addresses-lead = Codes und Hinweise gehen an die erste.
addresses-none = Keine Adresse bekannt.
address-contested = Bitte bestätigen
address-contested-lead = Über einen Ihrer Anmeldeanbieter kam jemand anderes mit dieser Adresse. Wenn das Postfach noch Ihnen gehört, bestätigen Sie das. Bis dahin gelten Codes an diese Adresse hier nicht.
address-keep = Es gehört noch mir
profile-title = Profil
profile-lead = Was wir von Ihnen wissen und woher es kommt.
profile-name = Name
profile-given-name = Vorname
profile-family-name = Nachname
profile-locale = Sprache
profile-username = Benutzername
profile-phone = Telefon
source-provider = von { $provider }
source-person = von Ihnen eingegeben
source-admin = von der Verwaltung eingetragen
data-title = Ihre Daten
data-lead = Nehmen Sie eine Kopie mit, oder löschen Sie das Konto.
address-removed = Die Adresse ist entfernt.
address-remove-lead = Sie gehört dann nicht mehr zu Ihrem Konto. 14 Tage lang bekommt sie noch Hinweise auf Änderungen und kann sie rückgängig machen.
address-foreign = Jemand anderes hat diese Adresse jetzt: keine Hinweise mehr dorthin, und nichts rückgängig machen lassen
address-disown = Gehört mir nicht mehr
address-former = Entfernt
address-former-title = Entfernte Adressen
address-former-lead = 14 Tage lang nach dem Entfernen bekommen sie Hinweise auf Änderungen und können sie rückgängig machen.
factor-owed = Ihre Organisation verlangt einen zweiten Faktor.
factor-owed-soon = Ihre Organisation verlangt einen zweiten Faktor. Bis dahin geht es noch ohne:
factor-manage = Zweiten Faktor verwalten
method-name = Benennen
method-name-of = Eigener Name für { $name }
method-named = Der Name ist gespeichert.
passkeys-manage = Passkeys verwalten ({ $n })
source-code = durch einen Code nachgewiesen

## remove

method-removed = Der Anmeldeweg ist entfernt.
remove-title = Anmeldeweg entfernen
remove-question = { $name } entfernen?
remove-lead = Sie können sich dann nicht mehr mit { $name } anmelden. Sitzungen, die darüber auf anderen Geräten begannen, enden. Später können Sie den Weg wieder hinzufügen.
remove-go = Entfernen

## sessions

sessions-title = Sitzungen
sessions-lead = Browser, in denen Sie angemeldet sind. Beenden Sie, was Sie nicht kennen.
sessions-end-others = Alle anderen Sitzungen beenden
sessions-end-all = Überall abmelden
session-seen = Zuletzt aktiv
session-this = Dieser Browser
session-end = Beenden
session-ended = Die Sitzung ist beendet.
sessions-ended = Alle anderen Sitzungen sind beendet.

## activity

activity-latest = Letzte Ereignisse
activity-lead = Die letzten fünfzig Ereignisse in Ihrem Konto.
activity-none = Noch ist nichts geschehen.
undo-own-lead = Änderungen, die Sie rückgängig machen können, jeweils mit allem, was danach kam. Wir fragen nach einem Passwort, einem Passkey oder einer Anmeldung, die Ihr Konto schon vorher hatte.
undo-own-go = Das war ich nicht

## reauthenticate

confirm-lead = Ihre letzte Anmeldung ist eine Weile her. Melden Sie sich noch einmal an, dann geht es weiter.
confirm-none = Ihr Konto hat gerade keinen Weg zum Bestätigen. Melden Sie sich ab, wieder an, und kommen Sie zurück.
confirm-code = Code an { $address } senden
confirm-wrong = Das ist nicht das Passwort dieses Kontos.

## email

own-email-lead = Wir senden einen Code dorthin. Ihre jetzige Adresse bleibt, bis Sie ihn eingegeben haben, und kann die Änderung 14 Tage lang rückgängig machen.
own-email-new = Neue E-Mail-Adresse

## password

own-password-lead = Alle anderen Browser werden abgemeldet, und Ihre Postfächer bekommen eine Nachricht.
own-password-new = Neues Passwort
own-password-go = Passwort setzen
own-password-done = Das Passwort ist gesetzt. Alle anderen Browser sind abgemeldet.

## export

export-lead = Sie bekommen eine JSON-Datei mit allem, was über Ihr Konto gespeichert ist: Adressen, Profil, Identitäten mit den Angaben ihrer Anbieter, Sitzungen und Ereignisse. Sie enthält keine Passwörter und nichts über andere.
export-go = Herunterladen

## delete

delete-lead = Bitte lesen Sie das, bevor Sie weitermachen.
delete-now = Sie werden sofort überall abgemeldet, und niemand kann sich mehr am Konto anmelden.
delete-grace = 14 Tage lang können Sie es über den Link in unserer Mail oder durch eine Anmeldung zurücknehmen. Ihre Adressen und Identitäten bleiben bis dahin vergeben.
delete-after = Danach ist das Konto endgültig weg. Anwendungen, an denen Sie sich angemeldet haben, behalten vielleicht, was sie wissen.
delete-export-first = Zuerst die Daten herunterladen
delete-go = Konto löschen
delete-keep = Konto behalten
delete-done = Ihr Konto wird in 14 Tagen gelöscht. In unserer Mail ist ein Link, mit dem Sie es zurücknehmen können.

## undo

undo-email = Die Adresse Ihres Kontos wurde geändert ({ $about }).
undo-email-gone = Die Adresse { $about } wurde aus Ihrem Konto entfernt.
undo-link = { $about } wurde zu Ihrem Konto hinzugefügt.
undo-unlink = { $about } wurde aus Ihrem Konto entfernt.
undo-password = Für Ihr Konto wurde ein neues Passwort festgelegt.
undo-password-gone = Das Passwort Ihres Kontos wurde entfernt.
undo-second-factor = Ihrem Konto wurde ein zweiter Faktor hinzugefügt.
undo-second-factor-gone = Der zweite Faktor Ihres Kontos wurde entfernt.
undo-recovery-codes = Für Ihr Konto wurden neue Wiederherstellungscodes erstellt.
undo-passkey = Ihrem Konto wurde ein Passkey hinzugefügt.
undo-passkey-gone = Ein Passkey wurde aus Ihrem Konto entfernt.
undo-phone = Die Telefonnummer { $about } wurde zu Ihrem Konto hinzugefügt.
undo-phone-gone = Die Telefonnummer { $about } wurde aus Ihrem Konto entfernt.
undo-delete = Ihr Konto soll gelöscht werden.
undo-restored = Die Löschung Ihres Kontos wurde abgebrochen.
undo-merge = Ein anderes Konto wurde mit Ihrem zusammengeführt.
undo-suspended = Jemand hat über den Link in einer unserer Mails alle abgemeldet.
undo-begin-lead = Wenn Sie das nicht waren, melden Sie jetzt alle ab. Was seit dieser Änderung dazugekommen ist, funktioniert dann sofort nicht mehr. Danach können Sie die Änderung endgültig rückgängig machen: Bestätigen Sie das mit einem Passwort, einem Passkey oder einer Anmeldung, die Ihr Konto schon vorher hatte. Tut das niemand, machen wir sie nach 72 Stunden rückgängig.
undo-begin-go = Alle abmelden
undo-stops = Funktioniert sofort nicht mehr
undo-goes = Wird beim Rückgängigmachen endgültig entfernt
undo-comes = Kommt beim Rückgängigmachen zurück
undo-leave = Wenn Sie es waren, schließen Sie einfach diese Seite. Es hat sich nichts geändert.
undo-show-lead = Um jetzt zu entscheiden, bestätigen Sie mit etwas, das Ihr Konto schon vor der Änderung hatte. Auch was seither entfernt wurde, gilt hier.
undo-show-none = Ihr Konto hatte vor der Änderung weder Passwort noch Passkey noch eine andere Anmeldung, mit der Sie bestätigen könnten. Sie müssen nichts tun: Wir machen die Änderung zum genannten Zeitpunkt rückgängig. Alle Adressen des Kontos wurden benachrichtigt.
undo-show-none-own = Ihr Konto hatte vor der Änderung weder Passwort noch Passkey noch eine andere Anmeldung, mit der Sie hier bestätigen könnten. Nehmen Sie den Link in der Mail, die Sie über die Änderung informiert hat.
undo-password-before = Passwort vor der Änderung
undo-wrong = Das passt nicht zu dem, was Ihr Konto vor der Änderung hatte. Versuchen Sie es noch einmal oder auf einem anderen Weg.
undo-not-before = Das kam erst nach der Änderung dazu, oder die Bestätigung ist zu lange her. Bestätigen Sie mit etwas, das Ihr Konto schon vorher hatte.
undo-code-wrong = Das ist kein Code des zweiten Faktors, den Ihr Konto vor der Änderung hatte. Warten Sie auf den nächsten und versuchen Sie es noch einmal.
undo-first = Welche Änderung war die erste, die nicht von Ihnen stammt?
undo-first-hint = Wir machen sie und alles, was danach kam, rückgängig.
undo-code = Code des zweiten Faktors, den Sie vor der Änderung hatten
undo-finish-go = Endgültig rückgängig machen
undo-keep-go = Das war ich: alles behalten
undo-gone = Das, worum es in dieser Mail ging, gibt es nicht mehr. Zu jeder späteren Änderung gibt es eine eigene Mail.
undo-gone-show = Damit es nie wiederkommt, bestätigen Sie mit etwas, das Ihr Konto schon vorher hatte.
undo-gone-go = Das war ich nicht: nie wieder zulassen
undo-gone-more = Alle Änderungen in Mein Konto ansehen
undone = Die Änderung ist rückgängig gemacht. Alle sind abgemeldet; bitte melden Sie sich neu an.
undone-kept = Alles bleibt, wie es ist. Bitte melden Sie sich an.
undone-gone = Erledigt. Es kommt nicht wieder.
way-address = Die Adresse
way-identity = Die Anmeldung mit
way-password = Das Passwort
way-factor = Der zweite Faktor
way-codes = Die Wiederherstellungscodes
way-passkey = Der Passkey
way-phone = Die Telefonnummer
way-merged = Die Zusammenführung mit einem anderen Konto
way-deletion = Die Löschung des Kontos

## recovered

recovered-title = Sie sind wieder drin
recovered-lead = Ihr neues Passwort gilt, und alle anderen sind abgemeldet. Kreuzen Sie an, was Ihnen gehört: Alles andere wird entfernt.
recovered-go = Angekreuztes behalten und weiter
recovered-mine = Gehört mir
recovered-stays = Bleibt: Über diese Adresse bekommen Sie Ihr Konto zurück.
recovered-tick = Kreuzen Sie mindestens eine Adresse an, sonst kämen Sie nicht wieder hinein.
recovered-legend = Auch damit kann man sich bei Ihrem Konto anmelden
recovered-again = Einen Anbieter können Sie jederzeit wieder hinzufügen.

## second_factor

factor-wanted = Um fortzufahren, brauchen Sie einen zweiten Faktor. Richten Sie ihn mit einer Authenticator-App ein; danach geht es weiter, wohin Sie wollten.
factor-step-app = Öffnen Sie eine Authenticator-App auf Ihrem Telefon, oder installieren Sie eine.
factor-step-scan = Scannen Sie damit diesen QR-Code.
factor-qr = QR-Code für die Authenticator-App. Derselbe Schlüssel steht darunter als Text.
factor-type = Keine Kamera? Tippen Sie stattdessen diesen Schlüssel ein:
factor-open = In einer App auf diesem Gerät öffnen
factor-step-code = Tippen Sie die sechs Ziffern ein, die die App zeigt.
factor-on = Einschalten
factor-anew = Mit einem neuen Schlüssel von vorn beginnen
factor-first-wrong = Das ist nicht der aktuelle Code der App. Warten Sie auf den nächsten und prüfen Sie die Uhr Ihres Telefons. Klappt es weiterhin nicht, beginnen Sie mit einem neuen Schlüssel von vorn.
factor-wait = Zu viele falsche Codes. Warten Sie vor dem nächsten Versuch, höchstens eine Stunde.
factor-now-on = Der zweite Faktor ist an. Alle anderen Browser sind abgemeldet.
factor-remove-title = Ausschalten
factor-remove-lead = Sie melden sich dann ohne zusätzlichen Code an, und Ihre Wiederherstellungscodes gelten nicht mehr.
factor-remove-go = Zweiten Faktor ausschalten
recovery-title = Wiederherstellungscodes
recovery-left = { $left } Codes sind übrig.
recovery-renew = Neue Codes machen
recovery-renew-hint = Die alten gelten dann nicht mehr.
recovery-lead = Wenn Sie Ihr Telefon nicht zur Hand haben, meldet jeder dieser Codes Sie einmal an. Drucken Sie sie aus oder bewahren Sie sie in einem Passwortmanager auf.
recovery-once = Wir zeigen sie nur dieses eine Mal.
recovery-kept = Ich habe sie gespeichert

## merge

merge-lead = Melden Sie sich hier bei Ihrem anderen Konto an. Sie sehen alles, was umzieht, bevor etwas geschieht.
merge-email = E-Mail des anderen Kontos
merge-password = Dessen Passwort
merge-with = Das andere Konto nutzt { $provider }
merge-wrong = E-Mail-Adresse oder Passwort ist falsch. Zeigen Sie nach vielen falschen Passwörtern auf einem anderen Weg, dass das Konto Ihnen gehört.
merge-what = Was
merge-mine = Dieses Konto
merge-theirs = Das andere
merge-becomes = Danach
merge-there = vorhanden
merge-nothing = nichts
merge-row-name = Name
merge-row-identities = Anbieter
merge-row-emails = E-Mail-Adressen
merge-row-password = Passwort
merge-row-second-factor = Zweiter Faktor
merge-row-sessions = Offene Sitzungen
merge-signed-out = Das andere Konto wird überall abgemeldet, und seine Seite gibt es nicht mehr.
merge-undo = Sie können das 14 Tage lang rückgängig machen, über die Mail oder unter Aktivität.

## passkeys

passkeys-none = Noch keiner.
passkeys-full = Mehr passen nicht. Entfernen Sie einen, um einen anderen hinzuzufügen.
passkeys-script = Passkeys brauchen JavaScript.
passkey-name = Name des Passkeys
passkey-name-hint = Um ihn von anderen zu unterscheiden, etwa „Laptop“.
passkey-add = Passkey dieses Geräts hinzufügen
passkey-added = Der Passkey ist hinzugefügt.
passkey-removed = Der Passkey ist entfernt.
passkey-failed = Das hat nicht geklappt. Versuchen Sie es noch einmal.
passkey-not-now = Der Browser hat keinen Passkey geliefert.

## phone

field-phone = Geben Sie eine Telefonnummer mit Landesvorwahl ein, etwa +49 30 123456.
field-phone-country = In dieses Land können wir keine SMS schicken. Geben Sie eine andere Nummer ein.
own-phone-new = Neue Nummer
phone-removed = Die Nummer wurde entfernt.

## applications

own-applications-lead = Diese Anwendungen haben Zugriff auf Ihr Konto. Wenn Sie ihn entfernen, müssen sie Sie neu fragen.
own-applications-none = Keine Anwendung hat Zugriff auf Ihr Konto.
own-application-revoke = Zugriff entfernen
own-application-revoke-of = Zugriff von { $name } entfernen
application-revoked = Der Zugriff ist entfernt.
