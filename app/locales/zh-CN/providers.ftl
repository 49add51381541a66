### Presets of providers: where to register the client, what to create there, and what to know.

vendor-google-place = Google Cloud console › APIs & Services › Credentials
vendor-google-thing = 一个类型为“Web application”的 OAuth 客户端 ID
vendor-google-note = 某人属于哪家公司，只能看声明 hd，不能看邮箱地址。无法要求 Google 让用户重新登录。

vendor-microsoft-place = Microsoft Entra admin center › App registrations
vendor-microsoft-thing = 一个单租户应用注册，平台选择“Web”，并添加客户端密钥
vendor-microsoft-note = 签发者中包含租户 ID，因此请填写租户 ID，不要填写域名。用户可以更改自己的邮箱地址，除非 xms_edov 予以确认，否则邮箱不能证明任何事情。

vendor-microsoft-tenants-place = Microsoft Entra admin center › App registrations
vendor-microsoft-tenants-thing = 一个多租户应用注册，平台选择“Web”，并添加客户端密钥
vendor-microsoft-tenants-note = 我们通过租户和 oid 识别用户。请列出允许登录的租户；不列出时，任何拥有 Microsoft 账号的人都可以登录。

vendor-apple-place = Apple Developer › Certificates, Identifiers & Profiles › Identifiers
vendor-apple-thing = 一个启用“Sign in with Apple”的 Services ID，并在“Keys”下为它创建一个私钥
vendor-apple-note = 客户端密钥就是该 Services ID 的私钥（PEM 格式）。Apple 只在首次登录时发送一次姓名。邮箱可能是中转地址。

vendor-github-place = GitHub › Settings › Developer settings › OAuth Apps
vendor-github-thing = 一个 OAuth 应用
vendor-github-note = 也适用于 GitHub Enterprise Server，请填写它的网页地址和 API 地址。GitHub App 需要读取邮箱地址的权限，否则用户登录时不会带有邮箱。

vendor-gitlab-place = GitLab › Edit profile › Applications
vendor-gitlab-thing = 一个机密应用（“Confidential”），权限范围为“openid”和“email”
vendor-gitlab-note = 使用 GitLab 官方服务时，主机请填写 gitlab.com。应用需要权限范围 openid 和 email。

vendor-gitea-place = Gitea / Forgejo › Settings › Applications
vendor-gitea-thing = 一个 OAuth2 应用，设为机密客户端（“Confidential Client”）
vendor-gitea-note = 只采信由该服务器自己验证过的邮箱。

vendor-okta-place = Okta Admin Console › Applications › Applications › Create App Integration
vendor-okta-thing = 一个应用集成，登录方法选择“OIDC - OpenID Connect”，类型选择“Web Application”
vendor-okta-note = 如果使用自定义授权服务器，请在域名后加上它的路径，例如 /oauth2/default。邮箱以外的声明来自 userinfo。

vendor-auth0-place = Auth0 Dashboard › Applications › Applications
vendor-auth0-thing = 一个类型为“Regular Web Applications”的应用
vendor-auth0-note = 签发者以斜杠结尾。个人资料中的日期以文本形式返回，这没有问题。

vendor-keycloak-place = Keycloak Admin Console › Clients › Create client
vendor-keycloak-thing = 一个类型为“OpenID Connect”的客户端，开启“Client authentication”并启用“Standard flow”
vendor-keycloak-note = 要获得用户组，需要为客户端添加映射器（mapper）。17 之前的版本，路径以 /auth 开头。

vendor-authentik-place = authentik Admin interface › Applications › Providers
vendor-authentik-thing = 一个客户端类型为“Confidential”的“OAuth2/OpenID Provider”，以及一个使用它的应用
vendor-authentik-note = 签发者以斜杠结尾。旧版本会把所有邮箱都标为已验证；只有它是您自己的目录时才应采信。

vendor-zitadel-place = ZITADEL Console › Projects › Applications
vendor-zitadel-thing = 一个类型为“Web”、认证方式为“Code”的应用
vendor-zitadel-note = 令牌面向项目中的所有应用签发；其中的 azp 指明了我们的应用，因此我们接受它。

vendor-adfs-place = AD FS Management › Application Groups › Add Application Group
vendor-adfs-thing = 一个使用模板“Server application accessing a web API”的应用程序组
vendor-adfs-note = 应用程序组需要配置规则，把邮箱和 UPN 写入 ID 令牌。AD FS 的 userinfo 只返回 sub。

vendor-cognito-place = Amazon Cognito console › User pools › App clients
vendor-cognito-thing = 一个带客户端密钥的应用客户端，启用“Authorization code grant”，权限范围为“openid”和“email”
vendor-cognito-note = 登录页面位于用户池的域名下，与签发者的地址不同。userinfo 以文本形式返回真假值，此预设已考虑到这一点。

vendor-slack-place = Slack API › Your apps
vendor-slack-thing = 一个应用，并在“OAuth & Permissions”下填写重定向 URI
vendor-slack-note = 除非您将应用限制在自己的工作区，否则其他工作区的人也能登录。声明中包含 team_id。

vendor-linkedin-place = LinkedIn Developers › My apps
vendor-linkedin-thing = 一个应用，并添加产品“Sign In with LinkedIn using OpenID Connect”
vendor-linkedin-note = 应用需要添加产品“Sign In with LinkedIn using OpenID Connect”。同一个人在不同应用中的用户 ID 各不相同。

vendor-line-place = LINE Developers Console › Providers
vendor-line-thing = 一个“LINE Login”频道，应用类型选择“Web app”
vendor-line-note = 不提供邮箱：LINE 用共享密钥签署网站的 ID 令牌，我们不接受这种签名。用户 ID 只在同一个 LINE Provider 内有效。

vendor-twitch-place = Twitch Developers › Your Console › Applications
vendor-twitch-thing = 一个客户端类型为“Confidential”的应用
vendor-twitch-note = 只有 claims 参数要求时，Twitch 才会发送邮箱；此预设已经这样设置。令牌响应中的 scope 是一个列表。

vendor-discord-place = Discord Developer Portal › Applications
vendor-discord-thing = 一个应用，并在“OAuth2”下填写重定向 URI
vendor-discord-note = “已验证”表示 Discord 曾向该邮箱确认过一次。

vendor-facebook-place = Meta for Developers › My Apps
vendor-facebook-thing = 一个启用“Facebook Login”的应用
vendor-facebook-note = 同一个人在不同应用中的用户 ID 各不相同。用手机号注册的人没有邮箱；Facebook 也不会说明任何邮箱已验证。

vendor-x-place = X Developer Console › Apps
vendor-x-thing = 一个使用 OAuth 2.0 的应用，类型为机密的网页应用
vendor-x-note = 不提供邮箱。查询用户身份时，两个权限范围都需要。

vendor-spotify-place = Spotify for Developers › Dashboard
vendor-spotify-thing = 一个使用“Web API”的应用
vendor-spotify-note = Spotify 自己声明并未验证邮箱地址。

vendor-dropbox-place = Dropbox Developers › App Console
vendor-dropbox-thing = 一个使用“Scoped access”的应用，并授予权限“account_info.read”
vendor-dropbox-note = 应用需要权限 account_info.read。

vendor-wechat-place = 微信开放平台 › 管理中心 › 网站应用
vendor-wechat-thing = 一个网站应用，“授权回调域”填写我们的主机名
vendor-wechat-note = 不提供邮箱和手机号。请填写开放平台账号，这样同一个人在该账号下的所有应用中都是同一人。如果没有开放平台账号，请把用户 ID 路径设为 openid。

vendor-wechat-official-place = 微信公众平台 › 设置与开发
vendor-wechat-official-thing = 一个服务号，“网页授权域名”填写我们的主机名
vendor-wechat-official-note = 只能在微信内使用。请填写与扫码登录相同的开放平台账号，这样两种方式中的同一个人就是同一人。

vendor-qq-place = QQ互联 › 应用管理 › 网站应用
vendor-qq-thing = 一个网站应用，“网站回调域”填写重定向 URI
vendor-qq-note = 不提供邮箱和手机号。openid 只属于一个应用。

vendor-weibo-place = 微博开放平台 › 我的应用
vendor-weibo-thing = 一个网页应用，“授权回调页”填写重定向 URI
vendor-weibo-note = 不提供邮箱和手机号。微博为每个人分配一个编号，在所有应用中都相同。

vendor-active-directory-place = Active Directory 用户和计算机
vendor-active-directory-thing = 一个密码永不过期的服务账号，只需能读取人员和组
vendor-active-directory-note = 人员用用户名或 userPrincipalName 登录。我们用 objectGUID 识别人员，改名不受影响。嵌套的组也算在内。

vendor-free-ipa-place = FreeIPA › cn=sysaccounts,cn=etc
vendor-free-ipa-thing = 一个能读取人员和组的系统账号
vendor-free-ipa-note = 我们用 ipaUniqueID 识别人员。没有 FreeIPA 的 389 Directory Server 使用 nsUniqueId：添加后请在“更多设置”中更改。

vendor-openldap-place = 目录的管理工具
vendor-openldap-thing = 一个有密码、能读取人员和组的条目
vendor-openldap-note = 默认使用 inetOrgPerson 和 groupOfNames。如果目录使用其他类，请在添加后到“更多设置”中更改过滤器。

vendor-ldap-name = LDAP（任意目录）
vendor-ldap-place = 目录的管理工具
vendor-ldap-thing = 一个有密码、能读取人员和组的账号
vendor-ldap-note = 用作用户 ID 的属性必须永不改变，也不能再分配给别人。

vendor-adfs-saml-place = AD FS Management › Relying Party Trusts › Add Relying Party Trust
vendor-adfs-saml-thing = 一个支持声明的信任，标识符填我们的实体 ID，SAML 2.0 WebSSO 服务 URL 填我们的应答地址，并为主 SID、邮箱、姓名和用户组配置颁发规则
vendor-adfs-saml-note = 我们通过主 SID 识别人员，因此需要一条传递主 SID 的规则。如果我们无法访问您的 AD FS，请粘贴 FederationMetadata.xml。

vendor-microsoft-saml-place = Microsoft Entra admin center › Enterprise applications › New application
vendor-microsoft-saml-thing = 一个不在库中的应用，单一登录方式选择 SAML
vendor-microsoft-saml-note = 我们通过对象标识符识别人员。用户组以 ID 的形式发送；所属的组超过 150 个时不会发送任何组。

vendor-okta-saml-place = Okta Admin Console › Applications › Applications › Create App Integration
vendor-okta-saml-thing = 一个“SAML 2.0”应用集成，并添加名为 id、值为 user.getInternalProperty("id") 的属性声明
vendor-okta-saml-note = 没有属性 id 就无法登录：Okta 的 NameID 是可能改变的用户名。请同时添加名为 email、displayName 和 groups 的属性。

vendor-keycloak-saml-place = Keycloak Admin Console › Clients › Create client
vendor-keycloak-saml-thing = 一个类型为“SAML”的客户端，客户端 ID 填我们的实体 ID，开启“Sign assertions”，关闭“Encrypt assertions”
vendor-keycloak-saml-note = 请关闭“Client signature required”，或在这里启用签名请求。邮箱、姓名和用户组各需要一个映射器（mapper）。

vendor-simplesamlphp-place = 身份提供方的 metadata/saml20-sp-remote.php
vendor-simplesamlphp-thing = 一个以我们的实体 ID 为键、包含应答地址的条目
vendor-simplesamlphp-note = 只有配置了相应的过滤器，它才会发送持久的 NameID。否则请选择 pairwise-id 之类的属性。

vendor-saml-name = SAML 2.0（任意提供方）
vendor-saml-place = 提供方的控制台
vendor-saml-thing = 一个 SAML 2.0 服务提供方（应用、信赖方）
vendor-saml-note = 提供方必须对应答签名。如果它不发送持久的 NameID，请选择一个永不改变的属性。

vendor-oidc-name = OpenID Connect（任意提供方）
vendor-oidc-place = 提供方的控制台
vendor-oidc-thing = 一个使用授权码流程的机密 Web 客户端
vendor-oidc-note = 适用于任何公布 OpenID Connect 元数据的提供方。

vendor-oauth2-name = OAuth 2.0（任意服务器）
vendor-oauth2-place = 提供方的控制台
vendor-oauth2-thing = 一个使用授权码流程的机密 Web 客户端
vendor-oauth2-note = 您需要填写各个地址，并指明用户 ID、邮箱和姓名在响应中的位置。用户 ID 必须永不改变。

### Settings of a provider, and what a provider can do.

setting-issuer = 签发者
setting-issuer-hint = 与提供方元数据中的值完全一致，不含 /.well-known。
setting-client-id = 客户端 ID
setting-client-id-hint = 登记客户端时提供方给出的 ID。
setting-scopes = 权限范围
setting-scopes-hint = 只请求必要的内容。OpenID Connect：openid email。
setting-auth = 客户端认证
setting-auth-hint = 获取令牌时，我们向提供方证明身份的方式。没有客户端密钥时，只发送客户端 ID。
setting-auth-basic = 密钥放在请求头中（Basic）
setting-auth-post = 密钥放在表单中
setting-auth-none = 不使用密钥（公开客户端）
setting-auth-private-key-jwt = 用私钥（PEM）签名的 JWT
setting-auth-apple-jwt = Apple：用私钥（PEM）签名的密钥
setting-key-id = 密钥 ID
setting-key-id-hint = 您的私钥在提供方处的 ID。
setting-team-id = 团队 ID
setting-team-id-hint = 您的团队在 Apple 的 ID。
setting-reauth = 要求重新登录
setting-reauth-hint = 我们如何请提供方让用户重新登录。有些提供方会拒绝不认识的参数。
setting-reauth-login-and-max-age = prompt=login 和 max_age=0
setting-reauth-login = prompt=login
setting-reauth-max-age = max_age=0
setting-reauth-neither = 都不使用
setting-reports-auth-time = 报告登录时间
setting-reports-auth-time-hint = 提供方的响应是否说明用户何时登录（auth_time）。
setting-reports-auth-time-unset = 根据其响应判断
setting-form-post = 以表单返回
setting-form-post-hint = 请提供方以提交表单的方式返回响应。
setting-push = 推送请求
setting-push-hint = 先将授权请求推送给提供方，即使其元数据没有要求。
setting-extra = 附加参数
setting-extra-hint = 加入每个授权请求。每行一个，例如 hd=example.com。
setting-extra-again = 重新登录的附加参数
setting-extra-again-hint = 用户选择其他账号或需要重新登录时加入。每行一个 name=value。
setting-authorization-endpoint = 授权端点
setting-authorization-endpoint-hint = 留空则使用元数据；在此填写的地址优先。
setting-token-endpoint = 令牌端点
setting-token-endpoint-hint = 留空则使用元数据；在此填写的地址优先。
setting-jwks-uri = 公钥地址
setting-jwks-uri-hint = 留空则使用元数据；如果填写了此项及前面两个端点，则不再读取元数据。
setting-userinfo-endpoint = userinfo 端点
setting-userinfo-endpoint-hint = 留空则使用元数据；在此填写的地址优先。
setting-userinfo-by-post = 以表单请求 userinfo
setting-userinfo-by-post-hint = 通过提交表单向 userinfo 出示访问令牌。
setting-wanted-claims = 从 userinfo 获取的声明
setting-wanted-claims-hint = 除权限范围 email 和 profile 的声明外，还要向 userinfo 查询的声明。
setting-trusted-audiences = 其他受众
setting-trusted-audiences-hint = 令牌中除我们之外允许出现的受众。如果 azp 指明了我们，则无需填写。
setting-algorithms = 签名算法
setting-algorithms-hint = 留空则接受提供方公布的算法。从不接受对称算法。
setting-tenant-issuer = 每个租户有各自的签发者
setting-tenant-issuer-hint = 每个租户有自己的签发者，我们通过租户和 oid 识别用户。
setting-tenants = 允许的租户
setting-tenants-hint = 允许登录的租户 ID。留空则允许所有租户。
setting-text-booleans = 文本形式的真假值
setting-text-booleans-hint = 将文本“true”和“false”视为真和假。
setting-sign-out-too = 同时在提供方退出
setting-sign-out-too-hint = 有人在此退出登录时，在提供方那里怎么处理。请先在提供方登记退出后的返回地址。
setting-sign-out-too-off = 仅提示在提供方仍处于登录状态
setting-sign-out-too-offer = 提供同时退出的选项
setting-sign-out-too-always = 始终同时退出
setting-authorization-url = 授权地址
setting-authorization-url-hint = 用户在提供方登录的页面。
setting-token-url = 令牌地址
setting-token-url-hint = 我们用授权码换取访问令牌的地址。
setting-userinfo-url = 用户信息地址
setting-userinfo-url-hint = 我们查询用户身份的地址。
setting-subject-path = 用户 ID 路径
setting-subject-path-hint = 响应中永不改变的 ID 的位置，例如 id 或 data.user_id。
setting-email-path = 邮箱路径
setting-email-path-hint = 响应中邮箱的位置，例如 email 或 emails.0.value。列表项从 0 开始计数。
setting-email-verified-path = 验证标志路径
setting-email-verified-path-hint = 响应中说明邮箱是否已验证的位置。
setting-name-path = 姓名路径
setting-name-path-hint = 响应中姓名的位置，例如 name 或 data.name。
setting-addresses-url = 邮箱列表地址
setting-addresses-url-hint = 像 GitHub 那样分页返回邮箱列表，其中带有 verified 和 primary。
setting-platform-account = 开放平台账号
setting-platform-account-hint = 仅用于微信：我们通过该账号下的 unionid 识别用户。
setting-servers = 服务器
setting-servers-hint = 例如 ldaps://dc1.example.com。使用 ldap:// 时会先切换到加密（StartTLS）。多个服务器用空格分隔：一个没有响应就询问下一个。
setting-bind-dn = 搜索账号
setting-bind-dn-hint = 用来查找人员的账号的专有名称，例如 cn=ligature,ou=services,dc=example,dc=com。Active Directory 也接受 用户@域。
setting-base-dn = 人员位置
setting-base-dn-hint = 搜索其下的所有条目，例如 dc=example,dc=com。
setting-login-filter = 登录过滤器
setting-login-filter-hint = 只匹配一个条目。{"{login}"} 代表输入的内容。
setting-subject-attribute = 用户 ID 属性
setting-subject-attribute-hint = 永不改变，也不会分配给别人：entryUUID、objectGUID、ipaUniqueID。
setting-username-attribute = 用户名属性
setting-username-attribute-hint = 例如 uid 或 sAMAccountName。没有则留空。
setting-email-attribute = 邮箱属性
setting-email-attribute-hint = 例如 mail。取第一个值。
setting-emails-are-verified = 邮箱可信
setting-emails-are-verified-hint = 只有邮箱由管理员填写、本人无法更改时才选“是”。
setting-name-attribute = 姓名属性
setting-name-attribute-hint = 例如 displayName 或 cn。
setting-wanted-attributes = 其他属性
setting-wanted-attributes-hint = 用于个人资料字段和规则，例如 department employeeNumber。
setting-group-filter = 组过滤器
setting-group-filter-hint = 查找人员所属的组。{"{dn}"} 代表条目名称，{"{username}"} 代表用户名。不需要组则留空。
setting-group-base-dn = 组位置
setting-group-base-dn-hint = 留空则在人员位置搜索。
setting-group-name-attribute = 组名属性
setting-group-name-attribute-hint = 例如 cn。
setting-nested-groups = 嵌套的组
setting-nested-groups-hint = 也查找组所属的组。
setting-plain = 不加密
setting-plain-hint = 密码会以明文通过网络。仅用于测试。
setting-metadata-url = 元数据地址
setting-metadata-url-hint = 提供方发布 SAML 元数据的地址。下面的实体 ID、登录地址或证书为空时，我们会读取它。要重新读取，请清空证书后保存。
setting-metadata = 元数据
setting-metadata-hint = 如果我们无法访问该地址，请在此粘贴 XML。它会替换实体 ID、登录地址和证书。
setting-idp-entity-id = 提供方的实体 ID
setting-idp-entity-id-hint = 与提供方的自称（Issuer）完全一致。
setting-sso-url = 登录地址
setting-sso-url-hint = 我们通过 HTTP-Redirect 把人员送到这里。
setting-certificates = 签名证书
setting-certificates-hint = PEM 格式。提供方更换密钥之前，请把新证书加在当前证书下面。
setting-subject-claim = 用户 ID 属性
setting-subject-claim-hint = 永不改变、也不会分配给别人的属性。留空则使用持久的 NameID。
setting-email-claim = 邮箱属性
setting-email-claim-hint = 留空则按常用名称查找。
setting-name-claim = 姓名属性
setting-name-claim-hint = 留空则按常用名称查找。
setting-username-claim = 用户名属性
setting-username-claim-hint = 留空则按常用名称查找。
setting-groups-claim = 用户组属性
setting-groups-claim-hint = 留空则按常用名称查找。
setting-sign-requests = 签名请求
setting-sign-requests-hint = 仅在提供方要求时启用。我们会为此生成密钥，其证书包含在我们的元数据中。
setting-force-authn = 可按要求重新登录
setting-force-authn-hint = 提供方能否按我们的要求让人员重新登录（ForceAuthn），并返回正确的时间。如果不能，请选“否”，我们就不会用它来确认身份。
setting-web-url = 网页地址
setting-web-url-hint = 仅在使用自建的 GitHub 服务器时更改。
setting-api-url = API 地址
setting-api-url-hint = 仅在使用自建的 GitHub 服务器时更改。

capability-email = 邮箱地址
capability-verified-email = 说明是否已验证邮箱
capability-phone = 手机号
capability-user-name = 用户名
capability-stable-subject = 永不改变的 ID
capability-groups = 用户组
capability-logout = 可以在提供方一并退出登录
capability-reauthentication = 可以让用户重新登录，并说明登录时间

## 添加和修改身份提供方
gallery-lead = 请选择人们用什么登录。在您启用之前，没有人会看到这个按钮。
gallery-search = 按名称搜索
gallery-none = 没有这个名称的提供方。支持 OpenID Connect 的提供方都可以用：
provider-add-title = 添加 { $name }
provider-add-lead = 大约需要两分钟。在您启用之前，没有人会看到这个按钮。
provider-step-register = 在 { $name } 登记我们
provider-step-open = 打开 { $place }。
provider-step-create = 创建{ $thing }。
provider-step-paste = 在那里填入上面的回调地址，然后复制客户端 ID 和客户端密钥。
provider-step-given = 填写 { $name } 给您的内容
provider-step-name = 给按钮命名
your-provider = 您的提供方
provider-name = 名称
provider-key-more = 地址中的键
provider-private-key = 私钥
provider-private-key-hint = 整个文件，包括 BEGIN 和 END 两行。加密保存，不再显示。
provider-enable-now = 立即启用
provider-enable-now-hint = 不经过测试。否则在您启用之前保持停用。
provider-save-test = 保存并测试
provider-tells = { $name } 能做什么
provider-added = 已保存，目前停用。如果下面的测试结果正常，请启用它。
provider-on = 已启用
provider-off = 已停用
provider-on-why = 登录页面上会显示它的按钮。
provider-off-why = 没有人看到它的按钮，没有人用它登录，也不会用它关联任何账号。
health-title = 运行状况
health-unknown = 自服务器启动以来还没有人使用过它。
health-failing = 出现故障
health-since = 开始于
health-tries = 不会让任何人等待它；每半分钟由一次登录重新尝试。
health-never = 从未
health-last-success = 最近一次成功
health-last-fault = 最近一次失败
health-in-a-row = 连续失败次数
health-requests = 自服务器启动以来
health-counts = 请求 { $requests } 次，失败 { $failures } 次
health-wait = 通常等待时间
health-wait-ms = { $ms } 毫秒（最近 20 次的中位数）
health-whose = 以本服务器进程所见为准。验证码错误或用户取消不计为失败。
provider-test = 测试连接
test-sign-in = 试登录
test-sign-in-title = 用 { $name } 试登录
test-sign-in-lead = 请用您在 { $name } 的账号登录。随后您会看到它提供了关于您的哪些信息，以及这样登录的人会遇到什么。
test-sign-in-own = 这些内容只有您能看到，且只显示一次，不会保存。
test-sign-in-nothing = 不会关联任何身份，不会创建账号，您当前的会话保持不变。
test-sign-in-off = 该提供方仍处于停用状态，其他人看不到它的按钮。
test-sign-in-go = 在 { $name } 登录
test-sign-in-worked = { $name } 已响应，登录可用。未作任何更改。
test-sign-in-still-off = 该提供方仍处于停用状态。如果一切正常，请启用它。
test-sign-in-failed = 登录没有成功。未作任何更改。
test-sign-in-back = 返回提供方
test-sign-in-again = 再试一次
test-counts = 各项信息的用途
test-counts-subject = 用户的标识
test-counts-address = 邮箱
test-counts-trust = 邮箱的可信程度
test-counts-name = 姓名
test-counts-second-factor = 视为双重验证
test-counts-group-words = 表示群组的词
test-counts-groups = 由此得到的群组
test-counts-filtered = 被声明过滤条件拒绝
test-counts-field = 新账号：{ $field }
test-decided = 策略会怎么做
test-decided-lead = 假定提供方已启用，针对这样登录的人。在这第一步之后，会根据对方的选择和所出示的证明重新判断。
test-claims = 收到的全部信息
test-claims-lead = 以提供方发送的内容为准，签名或响应本身已经过验证。
test-claims-none = 除用户的标识外没有其他信息。
test-claims-more = 未显示的其他声明：{ $count }
test-column-claim = 声明
test-column-value = 值
provider-share-begin = 提供给各组织
provider-share-end = 收回
provider-delete = 删除此提供方
provider-delete-ask = 删除…
provider-delete-title = 要删除 { $name } 吗？
provider-delete-lead = 它的设置、密钥和关联方式将永久删除，键可以重新使用。
provider-delete-linked = 已关联的身份（包括仍可恢复的）：{ $count }。请改为停用它，已有的关联会保留。
provider-delete-adopted = 正在使用它的组织：{ $count }。请先收回提供。
provider-deleted = 提供方已删除。
section-state = 状态
turn-on = 启用
turn-off = 停用
more-settings = 更多设置
tested-works = 正常
tested-unclear = 不确定
tested-broken = 不可用
yes = 是
no = 否
bind-methods = 绑定已有账号时可以出示什么
place-host = 主机
place-host-hint = 不带 https://，例如 id.example.com。
place-domain = 域名
place-domain-hint = 不带 https://，例如 your-name.example.com。
place-tenant = 租户 ID
place-tenant-hint = 目录（租户）ID，而不是名称。
place-realm = Realm
place-realm-hint = 与控制台地址中的一致。
place-slug = 应用标识
place-slug-hint = 与那里应用地址中的一致。
place-region = 区域
place-region-hint = 例如 eu-central-1。
place-pool = 用户池 ID
place-pool-hint = 例如 eu-central-1_AbCdEf。
field-place = 只填写地址的这一部分，不带 https://，也不要有空格。
field-pairs = 每行一个“名称=值”。
field-choice = 请选择其中一个值。
provider-step-directory = 准备 { $name }
provider-step-directory-copy = 复制其专有名称和密码。
provider-step-directory-given = 填写它的位置
directory-password = 搜索账号的密码
place-directory = 目录服务器
place-directory-hint = 主机名，例如 dc1.example.com。我们使用加密连接（ldaps）。
field-ldap-url = 地址形如 ldaps://dc1.example.com 或 ldap://dc1.example.com:389。
field-ldap-many = 最多五个服务器。
field-ldap-plain = 只有运维人员允许测试时才能不加密。
field-ldap-filter = 填写一个带括号的过滤器，其中包含 {"{login}"}，且没有其他花括号中的词。
field-ldap-group-filter = 填写一个带括号的过滤器，其中包含 {"{dn}"} 或 {"{username}"}，且没有其他花括号中的词。
field-attribute = 填写属性名：字母、数字和连字符。
field-subject-mutable = 这个值可能改变或分配给别人。请选择 entryUUID 或 objectGUID 之类的 ID。
field-saml-absent = 此程序构建时未包含 SAML。
field-saml-metadata = 请填写元数据地址、粘贴元数据，或填写“手动填写”下的各项。
field-saml-metadata-unread = 这不是恰好一个 SAML 身份提供方的元数据，或缺少签名证书或 HTTP-Redirect 登录地址。
field-saml-certificate = 请粘贴 PEM 格式的证书，最多十个；密钥须为 2048 位以上的 RSA 或 EC。
field-saml-attribute = 请填写属性名称，最多 300 个字符。
field-saml-fetch = 无法从该地址读取元数据。请检查地址，或在下面粘贴元数据。原因见日志。
provider-step-metadata = 复制其元数据的地址，或元数据本身。
saml-entity-id = 我们的实体 ID（标识符、受众）：
saml-acs = 我们的应答地址（ACS、回复 URL、单一登录 URL）：
saml-metadata-later = 保存后，可在与实体 ID 相同的地址获取我们的元数据。
saml-metadata-ours = 我们的元数据
saml-by-hand = 手动填写
saml-key = 签名请求的密钥
saml-key-hint = 需要签名请求时，我们会生成一个。要使用其他密钥，请粘贴 PEM 格式的私钥（PKCS #8）及其证书。加密保存，不再显示。
field-match-nothing = 该提供方不提供邮箱、手机号或用户名，无法按字段匹配。请改为让用户绑定账号。
match-nothing = 无法按字段匹配账号：该提供方不提供邮箱、手机号或用户名。
