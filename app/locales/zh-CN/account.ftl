### Pages of My Account.

## several pages

keep = 保留
remove = 移除
method-used = 上次使用
method-remove-of = 移除 { $name }
address-proved = 已验证
confirm-with = 用 { $provider } 确认
own-password-set = 设置密码
own-password-change = 更改密码
export-title = 下载您的数据
delete-title = 删除账号
undo-title = 这不是我
undo-waits = 所有人已退出登录，更改之后添加的内容已暂停使用。如果在此之前无人作出决定，我们将自动撤销更改，时间：
factor-own-lead = 每次登录时额外输入身份验证器应用中的验证码。
factor-begin = 设置两步验证
merge-title = 将另一个账号合并到此账号
passkeys-title = 通行密钥
passkeys-lead = 使用指纹、面容或设备 PIN 代替密码登录，同时可替代两步验证。
confirm-passkey = 使用通行密钥
own-phone-lead = 经过验证的手机号可在登录和关联账号时代替邮箱。在他人验证该号码之前，它归您所有。
own-phone-manage = 管理手机号
own-applications-title = 应用

## methods

account-title = 我的账号
account-hello = 您好，{ $name }
account-restored = 本服务已于 { $at } 恢复到较早的状态。您在此前不久所做的更改可能已丢失，已移除的内容可能重新出现。请检查本页上所有可用于登录您账号的方式是否都属于您，并移除不属于您的方式。如果您刚刚更改过密码，请重新更改。
account-restored-since = 本服务已于 { $at } 从备份恢复。您在 { $since } 之后所做的更改已丢失，已移除的内容可能重新出现。请检查本页上所有可用于登录您账号的方式是否都属于您，并移除不属于您的方式。如果您在此期间更改过密码，请重新更改。
methods-lead = 每一种都能打开您的账号。
methods-lead-fixed = 每一种都能打开您的账号。管理员不允许在此更改。
methods-add = 添加登录方式
methods-nothing-to-add = 目前没有可添加的方式。
method-add-provider = 添加 { $provider }
method-current = 正在使用
method-off = 已关闭
addresses-lead = 验证码和通知发送到第一个地址。
addresses-none = 没有已知地址。
address-contested = 需要确认
address-contested-lead = 另一位用户通过您的某个登录提供方使用了此地址。如果该邮箱仍属于您，请予以确认。在此之前，发往它的验证码在此不起作用。
address-keep = 它仍属于我
profile-title = 个人资料
profile-lead = 我们了解的资料及其来源。
profile-name = 姓名
profile-given-name = 名
profile-family-name = 姓
profile-locale = 语言
profile-username = 用户名
profile-phone = 电话
source-provider = 来自 { $provider }
source-person = 由您填写
source-admin = 由管理员填写
data-title = 您的数据
data-lead = 下载一份副本，或删除账号。
address-removed = 邮箱已移除。
address-remove-lead = 移除后它不再属于您的账号。14 天内它仍会收到更改通知，并可撤销更改。
address-foreign = 此邮箱现在属于他人：不再向它发送通知，也不允许它撤销更改
address-disown = 已不属于我
address-former = 已移除
address-former-title = 已移除的邮箱
address-former-lead = 移除后 14 天内，它们仍会收到更改通知，并可撤销更改。
factor-owed = 您的组织要求使用两步验证。
factor-owed-soon = 您的组织要求使用两步验证。在此之前您仍可不使用：
factor-manage = 管理两步验证
method-name = 命名
method-name-of = { $name } 的自定义名称
method-named = 名称已保存。
passkeys-manage = 管理通行密钥（{ $n }）
source-code = 已通过验证码验证

## remove

method-removed = 登录方式已移除。
remove-title = 移除登录方式
remove-question = 移除 { $name }？
remove-lead = 您将不能再用 { $name } 登录。它在其他设备上打开的会话会结束。以后可以重新添加。
remove-go = 移除

## sessions

sessions-title = 会话
sessions-lead = 您已登录的浏览器。请结束您不认识的会话。
sessions-end-others = 结束所有其他会话
sessions-end-all = 在所有地方退出
session-seen = 最近活动
session-this = 此浏览器
session-end = 结束
session-ended = 会话已结束。
sessions-ended = 所有其他会话已结束。

## activity

activity-latest = 最近的事件
activity-lead = 您账号中最近的五十条记录。
activity-none = 还没有任何记录。
undo-own-lead = 您可以撤销以下更改，撤销时会连同其之后的更改一并撤销。我们会要求您使用更改之前账号已有的密码、通行密钥或登录方式进行确认。
undo-own-go = 这不是我

## reauthenticate

confirm-lead = 您上次登录已有一段时间。请再登录一次，然后继续。
confirm-none = 您的账号目前没有可用的确认方式。请退出后重新登录，再回到这里。
confirm-code = 向 { $address } 发送验证码
confirm-wrong = 这不是此账号的密码。

## email

own-email-lead = 我们会向它发送验证码。在您输入验证码之前，当前邮箱保持不变，并且 14 天内可以撤销更改。
own-email-new = 新邮箱地址

## password

own-password-lead = 其他浏览器都会退出登录，您的邮箱会收到通知。
own-password-new = 新密码
own-password-go = 设置密码
own-password-done = 密码已设置。其他浏览器已退出登录。

## export

export-lead = 您会得到一个 JSON 文件，包含您账号的全部记录：邮箱、资料、身份及其提供方的声明、会话和事件。其中没有密码，也没有他人的信息。
export-go = 下载

## delete

delete-lead = 继续之前请阅读以下内容。
delete-now = 您会立即在所有地方退出登录，任何人都不能登录此账号。
delete-grace = 14 天内，您可以通过邮件中的链接或重新登录来撤销。在此之前，您的邮箱和身份不会释放。
delete-after = 之后账号将永久消失。您登录过的应用可能仍保留它们所知的信息。
delete-export-first = 先下载您的数据
delete-go = 删除账号
delete-keep = 保留账号
delete-done = 您的账号将在 14 天后删除。我们发给您的邮件中有撤回链接。

## undo

undo-email = 您账号的邮箱已被更改（{ $about }）。
undo-email-gone = 邮箱 { $about } 已从您的账号移除。
undo-link = { $about } 被添加到您的账号。
undo-unlink = { $about } 已从您的账号移除。
undo-password = 您的账号设置了新密码。
undo-password-gone = 您账号的密码已被移除。
undo-second-factor = 您的账号添加了两步验证。
undo-second-factor-gone = 您账号的两步验证已被移除。
undo-recovery-codes = 您的账号生成了新的恢复码。
undo-passkey = 您的账号添加了通行密钥。
undo-passkey-gone = 您账号的一个通行密钥已被移除。
undo-phone = 手机号 { $about } 已添加到您的账号。
undo-phone-gone = 手机号 { $about } 已从您的账号移除。
undo-delete = 您的账号即将被删除。
undo-restored = 您账号的删除已被中止。
undo-merge = 另一个账号已并入您的账号。
undo-suspended = 有人通过我们邮件中的链接让所有人退出了登录。
undo-begin-lead = 如果不是您本人操作，请立即让所有人退出登录。此更改之后添加的内容会马上停用。随后您可以彻底撤销此更改：请使用更改之前账号已有的密码、通行密钥或登录方式进行确认。如果无人确认，我们会在 72 小时后撤销。
undo-begin-go = 让所有人退出登录
undo-stops = 立即停用
undo-goes = 撤销后彻底移除
undo-comes = 撤销后恢复
undo-leave = 如果是您本人操作，关闭此页即可，不会有任何更改。
undo-show-lead = 要现在决定，请使用更改之前账号已有的登录凭据进行确认。之后被移除的凭据在此同样有效。
undo-show-none = 更改之前，您的账号没有密码、通行密钥或其他登录方式，因此无法进行确认。您无需任何操作：到时我们会自动撤销更改。账号的所有邮箱均已收到通知。
undo-show-none-own = 更改之前，您的账号没有密码、通行密钥或其他登录方式，因此无法在此确认。请使用通知您此更改的邮件中的链接。
undo-password-before = 更改之前的密码
undo-wrong = 这与更改之前账号已有的凭据不符。请重试，或换一种方式。
undo-not-before = 该凭据是在更改之后添加的，或确认已过期。请使用更改之前账号已有的凭据进行确认。
undo-code-wrong = 这不是更改之前账号所用两步验证的验证码。请等待下一个验证码后重试。
undo-first = 从哪一项更改开始不是您本人操作？
undo-first-hint = 我们将撤销该项及其之后的所有更改。
undo-code = 更改之前两步验证的验证码
undo-finish-go = 彻底撤销
undo-keep-go = 是我本人：全部保留
undo-gone = 此邮件所说的内容已不存在。之后的每项更改都有单独的邮件。
undo-gone-show = 要确保它不再恢复，请使用更改之前账号已有的凭据进行确认。
undo-gone-go = 不是我本人：不再允许
undo-gone-more = 在“我的账号”中查看所有更改
undone = 更改已撤销。所有人已退出登录，请重新登录。
undone-kept = 一切保持不变。请登录。
undone-gone = 已完成，不会再恢复。
way-address = 邮箱
way-identity = 登录方式
way-password = 密码
way-factor = 两步验证
way-codes = 恢复码
way-passkey = 通行密钥
way-phone = 手机号
way-merged = 与另一个账号的合并
way-deletion = 账号的删除

## recovered

recovered-title = 您已重新登录
recovered-lead = 新密码已生效，其他人均已退出登录。请勾选属于您的：未勾选的将被移除。
recovered-go = 保留已勾选的并继续
recovered-mine = 是我的
recovered-stays = 会保留：这是您找回账号的途径。
recovered-tick = 请至少勾选一个邮箱，否则您将无法找回账号。
recovered-legend = 以下方式也能登录您的账号
recovered-again = 提供方可以随时重新添加。

## second_factor

factor-wanted = 需要先设置两步验证才能继续。请使用身份验证器应用完成设置，然后前往您要去的页面。
factor-step-app = 在手机上打开或安装一个身份验证器应用。
factor-step-scan = 用它扫描此二维码。
factor-qr = 供身份验证器应用扫描的二维码，下方有相同的密钥文本。
factor-type = 没有相机？请改为输入此密钥：
factor-open = 在本设备的应用中打开
factor-step-code = 输入应用显示的六位数字。
factor-on = 开启
factor-anew = 换一个密钥重新开始
factor-first-wrong = 验证码不正确。请等待下一个验证码，并检查手机时间。如果仍然不行，请换一个密钥重新开始。
factor-wait = 错误次数过多。请稍候再试，最多一小时。
factor-now-on = 两步验证已开启。其他浏览器均已退出登录。
factor-remove-title = 关闭
factor-remove-lead = 关闭后登录时不再需要额外验证码，恢复码也将失效。
factor-remove-go = 关闭两步验证
recovery-title = 恢复码
recovery-left = 还剩 { $left } 个恢复码。
recovery-renew = 生成新恢复码
recovery-renew-hint = 旧恢复码将失效。
recovery-lead = 手机不在身边时，每个恢复码可用于登录一次。请打印或保存在密码管理器中。
recovery-once = 恢复码仅显示这一次。
recovery-kept = 我已保存

## merge

merge-lead = 请在此登录您的另一个账号。合并前您可以预览所有变化。
merge-email = 另一个账号的邮箱
merge-password = 该账号的密码
merge-with = 另一个账号使用 { $provider }
merge-wrong = 邮箱或密码错误。如果错误密码过多，请用其他方式证明该账号属于您。
merge-what = 项目
merge-mine = 此账号
merge-theirs = 另一个账号
merge-becomes = 合并后
merge-there = 有
merge-nothing = 无
merge-row-name = 姓名
merge-row-identities = 登录提供方
merge-row-emails = 邮箱
merge-row-password = 密码
merge-row-second-factor = 两步验证
merge-row-sessions = 登录会话
merge-signed-out = 另一个账号会在所有设备退出登录，其页面不再存在。
merge-undo = 14 天内可通过邮件或“动态”撤销。

## passkeys

passkeys-none = 暂无。
passkeys-full = 数量已达上限，请先移除一个。
passkeys-script = 通行密钥需要 JavaScript。
passkey-name = 通行密钥名称
passkey-name-hint = 便于区分，例如“笔记本电脑”。
passkey-add = 添加此设备的通行密钥
passkey-added = 已添加通行密钥。
passkey-removed = 已移除通行密钥。
passkey-failed = 操作失败，请重试。
passkey-not-now = 浏览器未提供通行密钥。

## phone

field-phone = 请输入带国家代码的手机号，例如 +86 138 0000 0000。
field-phone-country = 我们无法向该国家或地区发送短信，请换一个号码。
own-phone-new = 新号码
phone-removed = 号码已移除。

## applications

own-applications-lead = 这些应用可以访问您的账号。移除后，它们需要重新征得您的同意。
own-applications-none = 没有应用可以访问您的账号。
own-application-revoke = 移除访问权限
own-application-revoke-of = 移除 { $name } 的访问权限
application-revoked = 访问权限已移除。
