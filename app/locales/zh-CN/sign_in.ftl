### Pages of signing in, of an attempt, and of applications that ask.

## several pages

back-to-login = 返回登录
login-with = 使用 { $provider } 继续
field-contact = 请输入邮箱地址（如 anna@example.com），或带国家代码的手机号（如 +86 138 0000 0000）。
consent-allow = 允许
consent-deny = 取消
address-title = 确认您的邮箱地址
address-without = 不提供邮箱，继续

## attempt

password-new = 新密码
reset-set-title = 输入验证码和新密码
reset-set-go = 设置密码
choose-title = 您首次使用这种方式登录
choose-lead = 您已通过 { $who } 登录。接下来要怎么做？
choose-lead-found = 您已通过 { $who } 登录。使用该邮箱的账号已经存在。接下来要怎么做？
choose-use = 使用我已有的登录方式
choose-use-with = 使用 { $methods } 登录
choose-use-why = 像以前一样登录，我们不会保留 { $provider } 的信息。
choose-add = 把 { $provider } 添加到我的账号
choose-add-to = 把 { $provider } 添加到 { $address }
choose-add-why = 确认账号属于您之后，两种方式都能打开它。
choose-enter = 证明我已有账号
choose-enter-why = 您指明账号并证明它属于您，之后两种方式都可打开它。
choose-create = 创建新账号
choose-create-why = 它与其他账号相互独立，并一直如此。
code-title = 输入验证码
code-lead = 如果 { $address } 属于某个账号，我们已向它发送验证码。请在此浏览器中于 { $minutes } 分钟内输入。
code-lead-hidden = 如果有相符的账号，我们已向其邮箱发送验证码。请在此浏览器中于 { $minutes } 分钟内输入。
code-title-signup = 输入验证码
code-lead-signup = 我们已向 { $address } 发送验证码。请在此浏览器中于 { $minutes } 分钟内输入。
code-lead-reset = 如果 { $address } 属于某个账号，我们已向它发送验证码。请在此浏览器中于 { $minutes } 分钟内输入。
code-hint = 按收到的内容输入，连字符可省略。剩余次数：{ $tries }。
code-none = 没有收到验证码？请查看垃圾邮件，并核对地址。每小时和每天只发送少量验证码。如果已被他人用完，请在您最近 90 天内登录过的浏览器中获取：它有单独的次数。也可以换一种方式。
code-again = 发送新的验证码
bind-title = 证明账号属于您
bind-lead = 请证明要添加 { $provider } 的账号属于您。
bind-instead = 改用该账号的密码
bind-password = 该账号的密码
bind-go = 添加
attempt-cancel = 取消并返回登录
mail-stuck = 我们的消息发送目前有延迟。验证码不会丢失，服务器恢复后会立即发送。
code-lead-claim = 我们已向 { $address } 发送验证码，以确认它属于您。{ $minutes } 分钟内在此浏览器中有效。
bind-by-code = 改用邮件验证码
bind-by-identity = 使用该账号的其他登录方式
finish-title = 完成账号注册
finish-lead = 使用 { $address } 的注册已开始但未完成。请设置密码，之后 { $provider } 也可打开该账号。之前输入的内容不会保留。
finish-go = 设置密码并继续
email-changed-title = 您在 { $provider } 的邮箱地址不同
email-changed-lead = { $provider } 中您的地址是 { $address }，与此账号的地址不同。要如何处理？
email-update = 以后使用 { $address }
email-update-why = 我们会先向它发送验证码。旧地址会收到通知，之后不再有效。
email-ignore = 保留 { $address }
email-ignore-none = 不采用
email-ignore-why = 不会再询问此地址。
email-later = 稍后决定
email-later-why = 下次登录时会再次询问。
code-lead-confirm = 我们已向 { $address } 发送验证码。它在此浏览器中 { $minutes } 分钟内有效。
code-lead-new-email = 我们已向 { $address } 发送验证码。它在此浏览器中 { $minutes } 分钟内有效。输入之前不会有任何更改。
factor-wrong = 验证码不正确。请等待下一个验证码，并检查手机时间。错误验证码过多之后，只有在您最近 90 天内登录过的浏览器中才能使用验证码；在其他浏览器中，请使用恢复码。
factor-title = 还差一步
factor-lead = 请输入身份验证器应用中的验证码，或一个恢复码。
details-title = 继续之前
details-lead = 我们需要了解一些信息。
details-lead-agree = 请阅读并同意以下内容。
merge-preview-lead = 另一个账号将并入您当前登录的账号。
restore-title = 此账号正在删除中
restore-lead = 您在两周内申请了删除。您仍可保留账号及其全部内容。
code-lead-sign-in = 如果 { $address } 有账号，验证码已发送，{ $minutes } 分钟内有效。
bind-by-passkey = 使用通行密钥证明账号归您所有
bind-by-code-phone = 改用短信验证码
bind-by-code-either = 改用邮件或短信验证码
code-lead-new-phone = 我们已向 { $number } 发送短信验证码，{ $minutes } 分钟内在此浏览器中有效。输入之前不会有任何更改。
code-lead-prove-email = 我们已向 { $address } 发送验证码。请在 { $minutes } 分钟内在此输入，此后该邮箱即归您所有。没有收到？可能已有其他人在使用此邮箱。

## login

sign-in = 登录
login-title = 登录
login-title-application = 登录 { $name }
login-last = 上次使用
login-new = 创建账号
login-forgot = 忘记密码？
login-wrong = 邮箱或密码错误。请核对两者，或换一种方式登录。错误密码过多之后，只有在您最近 90 天内登录过的浏览器中才能使用密码；在其他浏览器中，请换一种方式登录，或选择“忘记密码”。
login-first-password = 如果您一直只用其他提供方登录，那么您还没有密码。我们可以把验证码发到您的邮箱，用来设置密码。
login-first-password-go = 通过邮件设置密码
login-nothing = 目前没有可用的登录方式。请联系管理员。
login-by-code = 使用验证码登录
login-by-passkey = 使用通行密钥登录
login-unavailable = 目前无法连接 { $providers }。如果您的账号还有其他登录方式，请使用那一种。
down-other-ways = 请换一种方式登录：
down-local = 其他登录方式

## sign_up

signup-title = 创建账号
signup-lead = 我们会向您的邮箱发送验证码，在这里输入后账号即生效。
signup-go = 发送验证码

## reset

reset-title = 设置新密码
reset-lead = 如果该邮箱属于某个账号，我们会向它发送验证码。
reset-go = 发送验证码

## setup

setup-title = 成为第一位所有者
setup-lead = 一次性令牌在服务器的输出中，一小时内有效，仅可使用一次。
setup-token = 一次性令牌
setup-go = 创建所有者账号

## refused

refusal-code = 代码：
refusal-support = 支持代码：
refusal-back-to = 返回 { $name }

## complete

factor-code-hint = 六位数字，每 30 秒更新。
factor-lost = 手机和恢复码都丢失了？请联系管理员。
details-agree = 我同意：
details-read = 阅读
details-go = 继续
optional = 选填
restore-go = 保留账号并登录
restore-leave = 如仍要删除，关闭此页面即可。

## by_code

directory-title = 使用 { $provider } 登录
directory-lead = 输入您在 { $provider } 的用户名和密码。我们只转交，不保存。
directory-login = 用户名
directory-wrong = 用户名或密码错误，或者该账号不能登录。请检查两者，或联系管理您用户名的人。
directory-other = 使用其他方式登录
login-code-title = 验证码登录
login-code-lead = 我们会将验证码发送到您账号的邮箱。
login-code-go = 发送验证码
login-code-lead-phone = 我们会将验证码以短信发送到您账号的手机号。
login-code-lead-either = 我们会将验证码发送到您账号的邮箱或手机号。

## consent

consent-title = { $application } 请求访问您的账号
consent-lead = 您已登录为 { $name }。若您允许，{ $application } 将得知您的身份，并可以：
consent-lead-nameless = 若您允许，{ $application } 将得知您的身份，并可以：
consent-later = 您可随时在“我的账号”的“应用”中移除访问权限。
consent-before = 此前已允许
scope-nothing = 仅确认是您本人，不获取其他信息。
scope-profile = 查看您的姓名和语言
scope-email = 查看您的邮箱地址
scope-phone = 查看您的手机号
scope-address = 查看您的通信地址（如有）
scope-roles = 查看您的角色
scope-groups = 查看您所属的组
scope-offline = 在您离开时继续访问
scope-identities = 查看您使用的身份提供方及其提供的信息
consent-next = 接下来，您的浏览器将前往 { $host }。
consent-next-here = 接下来，您的浏览器将前往本设备上的程序。
consent-next-scheme = 接下来，您的浏览器将打开本设备上响应“{ $scheme }”的程序。
consent-unchecked = 此应用由程序自行注册，其名称未经本站核实。授权之前，请确认您了解浏览器接下来要前往的地址。
scope-name = 查看您的姓名
scope-language = 查看您的语言
scope-username = 查看您的用户名
scope-updated = 查看您的资料最近更新的时间
scope-own = 获知“{ $claim }”：本服务器管理员为其设定的一项信息

## device

device-title = 连接设备
device-lead = 请输入设备上显示的代码。
device-code = 设备代码
device-go = 继续
device-unknown = 没有设备在等待此代码。请查看设备，或让设备显示新的代码。
device-asks = 设备上的 { $application } 请求访问您（{ $name }）的账号。若您允许，它将得知您的身份，并可以：
device-asks-nameless = 设备上的 { $application } 请求访问您的账号。若您允许，它将得知您的身份，并可以：
device-warning = 仅当设备就在您面前并显示完全相同的代码时才允许。
device-shows = 您的设备必须显示此代码：
device-allowed = 设备已连接，请返回设备。
device-denied = 设备未连接。
device-another = 连接其他设备
device-unchecked = 此应用由程序自行注册，其名称未经本站核实。仅当您清楚其来源时才允许。

## logout

logout-title = 要退出登录吗？
logout-lead = 您已在此登录。退出将结束本次会话，并通知相关应用。
logout-lead-application = { $application } 请求在此也退出登录，并会通知其他应用。
logout-stay = 保持登录
logout-done = 已退出登录
logout-back = 返回 { $application }
logout-still-there = 您在此浏览器中仍登录着 { $provider }。如果这台电脑有其他人使用，请在那里也退出登录。
logout-there = 同时退出 { $provider }
logout-there-site = 前往 { $provider }
logout-there-now = { $provider } 正在让您在那里也退出登录。
logout-both = 您已在此处和 { $provider } 退出登录。

## address

address-lead = { $application } 请求获知您的邮箱地址。在提供 { $address } 之前，请先确认它属于您。我们会向它发送验证码。
address-there = { $application } 请求获知您的邮箱地址。已无需再确认。
address-send = 发送验证码
address-on = 前往 { $application }

## Going back to an application that wants the answer posted

reply-title = 正在返回应用
reply-lead = 浏览器正在带您返回。如果没有反应，请按“继续”。

## On the page of an attempt that is over, for who came from an application

refusal-begin-again = 您正要前往 { $application }。请重新打开 { $application }，并从那里登录。
refusal-begin-again-go = 打开 { $application }
refusal-clear = 仍然无法登录？请清除此浏览器中未完成的登录。

## no_access

no-access-title = 您无权使用 { $application }
no-access-lead = { $application } 只对特定的组开放，而以您目前的登录方式，您不属于其中任何一个。
no-access-ask = 请联系管理员将您加入有权使用它的组。
no-access-other = 使用其他方式登录

clear-title = 清除未完成的登录
clear-lead = 此浏览器中未完成的登录：{ $n }。如果登录一直失败，清除它们可能会有帮助。您的登录状态不会改变。
clear-none = 此浏览器中没有未完成的登录。
clear-go = 清除
clear-done = 已清除。您可以重新登录。
