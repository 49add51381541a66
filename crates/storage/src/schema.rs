//! The tables as diesel sees them; the migrations of both databases make them so (a test compares).

diesel::table! {
    organisation (id) {
        id -> Binary,
        slug -> Text,
        name -> Text,
        active -> Bool,
        created_at -> BigInt,
        config_version -> BigInt,
        address -> Text,
        brand -> Text,
    }
}

diesel::table! {
    application (id) {
        id -> Binary,
        organisation_id -> Binary,
        client_id -> Text,
        name -> Text,
        secret_hash -> Text,
        redirect_uris -> Text,
        active -> Bool,
        created_at -> BigInt,
        settings -> Text,
    }
}

diesel::table! {
    provider (id) {
        id -> Binary,
        organisation_id -> Binary,
        key -> Text,
        name -> Text,
        kind -> Text,
        namespace -> Text,
        config -> Text,
        secret -> Nullable<Binary>,
        secret_set_at -> Nullable<BigInt>,
        enabled -> Bool,
        position -> Integer,
        rev -> BigInt,
        created_at -> BigInt,
        shared -> Bool,
    }
}

diesel::table! {
    account (id) {
        id -> Binary,
        organisation_id -> Binary,
        state -> Text,
        rev -> BigInt,
        name -> Text,
        locale -> Text,
        profile -> Text,
        created_at -> BigInt,
        closes_at -> Nullable<BigInt>,
        factor_asked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    account_subject (sub) {
        sub -> Text,
        organisation_id -> Binary,
        account_id -> Binary,
        sector -> Text,
    }
}

diesel::table! {
    account_email (id) {
        id -> Binary,
        organisation_id -> Binary,
        account_id -> Binary,
        canonical -> Text,
        typed -> Text,
        proof -> Text,
        owner -> Bool,
        is_primary -> Bool,
        former_until -> Nullable<BigInt>,
        created_at -> BigInt,
        contested_by -> Nullable<Binary>,
        contested -> Bool,
    }
}

diesel::table! {
    link (id) {
        id -> Binary,
        organisation_id -> Binary,
        account_id -> Binary,
        provider_id -> Binary,
        namespace -> Text,
        subject -> Text,
        claims -> Binary,
        evidence -> Text,
        label -> Text,
        active -> Bool,
        barred -> Bool,
        created_at -> BigInt,
        used_at -> BigInt,
        released_at -> Nullable<BigInt>,
        nickname -> Text,
    }
}

diesel::table! {
    credential (id) {
        id -> Binary,
        organisation_id -> Binary,
        account_id -> Binary,
        kind -> Text,
        secret -> Text,
        created_at -> BigInt,
        used_step -> BigInt,
    }
}

diesel::table! {
    passkey (id) {
        id -> Binary,
        organisation_id -> Binary,
        account_id -> Binary,
        user_id -> Binary,
        name -> Text,
        data -> Text,
        created_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    merge (id) {
        id -> Binary,
        organisation_id -> Binary,
        account_id -> Binary,
        other_id -> Binary,
        moved -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    recovery_code (hash) {
        hash -> Binary,
        account_id -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    agreement (account_id, what) {
        account_id -> Binary,
        what -> Text,
        accepted_at -> BigInt,
    }
}

diesel::table! {
    role (organisation_id, account_id, name) {
        organisation_id -> Binary,
        account_id -> Binary,
        name -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    session (hash) {
        hash -> Binary,
        organisation_id -> Binary,
        account_id -> Binary,
        public_id -> Text,
        method -> Text,
        link_id -> Nullable<Binary>,
        provider_id -> Nullable<Binary>,
        auth_at -> BigInt,
        created_at -> BigInt,
        seen_at -> BigInt,
        expires_at -> BigInt,
        agent -> Text,
        network -> Text,
        factor -> Text,
        sid -> Text,
        opened_by -> Text,
        provider_sid -> Nullable<Binary>,
    }
}

diesel::table! {
    attempt (hash) {
        hash -> Binary,
        organisation_id -> Binary,
        browser -> Binary,
        kind -> Text,
        state -> Text,
        rev -> BigInt,
        assertion -> Nullable<Binary>,
        identity -> Nullable<Binary>,
        continuation -> Text,
        support_code -> Text,
        flash -> Text,
        tries_left -> Integer,
        created_at -> BigInt,
        expires_at -> BigInt,
        provider_sid -> Nullable<Binary>,
    }
}

diesel::table! {
    attempt_account (attempt, account_id, role) {
        attempt -> Binary,
        account_id -> Binary,
        role -> Text,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    challenge (id) {
        id -> Binary,
        attempt -> Binary,
        kind -> Text,
        account_id -> Nullable<Binary>,
        mac -> Binary,
        sent_to -> Text,
        state -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    consumed_state (hash) {
        hash -> Binary,
        until -> BigInt,
    }
}

diesel::table! {
    counter (subject) {
        subject -> Binary,
        until -> BigInt,
        n -> BigInt,
    }
}

diesel::table! {
    known_browser (account_id, browser) {
        account_id -> Binary,
        browser -> Binary,
        seen_at -> BigInt,
    }
}

diesel::table! {
    policy (organisation_id, scope, version) {
        organisation_id -> Binary,
        scope -> Text,
        version -> BigInt,
        document -> Text,
        state -> Text,
        created_at -> BigInt,
        created_by -> Text,
    }
}

diesel::table! {
    audit_event (id) {
        id -> Binary,
        organisation_id -> Binary,
        at -> BigInt,
        kind -> Text,
        account_id -> Nullable<Binary>,
        actor -> Text,
        provider -> Text,
        subject_hash -> Text,
        code -> Text,
        support_code -> Text,
        detail -> Text,
        actor_id -> Nullable<Binary>,
        target_kind -> Text,
        target -> Text,
        application -> Text,
        network -> Text,
        outcome -> Text,
        salt -> Nullable<Binary>,
        withheld -> Nullable<Binary>,
    }
}

diesel::table! {
    audit_batch (number) {
        number -> BigInt,
        last_id -> Binary,
        last_at -> BigInt,
        sealed_at -> BigInt,
        events -> BigInt,
        content -> Binary,
        networks -> Binary,
        network_salt -> Nullable<Binary>,
        previous -> Binary,
        seal -> Binary,
        removed_at -> Nullable<BigInt>,
        removed_seal -> Nullable<Binary>,
    }
}

diesel::table! {
    outbox (id) {
        id -> Binary,
        organisation_id -> Binary,
        kind -> Text,
        payload -> Nullable<Binary>,
        state -> Text,
        tries -> Integer,
        next_at -> BigInt,
        expires_at -> BigInt,
        created_at -> BigInt,
        last_error -> Text,
    }
}

diesel::table! {
    data_key (id) {
        id -> Binary,
        kind -> Text,
        state -> Text,
        wrapped -> Binary,
        public -> Text,
        created_at -> BigInt,
        changed_at -> BigInt,
    }
}

diesel::table! {
    setup_token (hash) {
        hash -> Binary,
        expires_at -> BigInt,
        used -> Bool,
        organisation_id -> Binary,
    }
}

diesel::table! {
    flash (hash) {
        hash -> Binary,
        browser -> Binary,
        body -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    auth_code (hash) {
        hash -> Binary,
        organisation_id -> Binary,
        application_id -> Binary,
        account_id -> Binary,
        session_id -> Text,
        request -> Text,
        auth_at -> BigInt,
        used -> Bool,
        expires_at -> BigInt,
        method -> Text,
        factor -> Text,
        sid -> Text,
    }
}

diesel::table! {
    access_token (hash) {
        hash -> Binary,
        code -> Binary,
        organisation_id -> Binary,
        application_id -> Binary,
        account_id -> Binary,
        scope -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    undo_link (hash) {
        hash -> Binary,
        organisation_id -> Binary,
        account_id -> Binary,
        rev -> BigInt,
        sent_to -> Text,
        shown -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    account_change (account_id, rev) {
        account_id -> Binary,
        rev -> BigInt,
        at -> BigInt,
        kind -> Text,
        done_by -> Text,
        body -> Text,
        kept -> Binary,
        rewound -> Bool,
    }
}

diesel::table! {
    account_rewind (account_id) {
        account_id -> Binary,
        organisation_id -> Binary,
        first -> BigInt,
        last -> BigInt,
        due_at -> BigInt,
    }
}

diesel::table! {
    application_secret (application_id, hash) {
        hash -> Text,
        application_id -> Binary,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    registration_token (hash) {
        hash -> Binary,
        organisation_id -> Binary,
        label -> Text,
        uses_left -> Integer,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    token (hash) {
        hash -> Binary,
        family -> Binary,
        kind -> Text,
        organisation_id -> Binary,
        application_id -> Binary,
        account_id -> Nullable<Binary>,
        sid -> Text,
        scope -> Text,
        standing -> Text,
        used -> Bool,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    token_family (family) {
        family -> Binary,
        organisation_id -> Binary,
        application_id -> Binary,
        account_id -> Nullable<Binary>,
        used_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        expires_at -> BigInt,
    }
}

diesel::table! {
    consent (account_id, application_id) {
        account_id -> Binary,
        application_id -> Binary,
        scope -> Text,
        granted_at -> BigInt,
    }
}

diesel::table! {
    pushed_request (hash) {
        hash -> Binary,
        application_id -> Binary,
        parameters -> Text,
        expires_at -> BigInt,
        browser -> Nullable<Binary>,
    }
}

diesel::table! {
    pending_authorization (hash) {
        hash -> Binary,
        organisation_id -> Binary,
        network -> Binary,
        sealed -> Text,
        at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    device (hash) {
        hash -> Binary,
        user_code -> Binary,
        application_id -> Binary,
        scope -> Text,
        state -> Text,
        account_id -> Nullable<Binary>,
        sid -> Text,
        standing -> Text,
        asked_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    application_login (sid, application_id) {
        sid -> Text,
        application_id -> Binary,
        account_id -> Binary,
        at -> BigInt,
    }
}

diesel::table! {
    ended_session (sid) {
        sid -> Text,
        tries -> Integer,
        next_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    organisation,
    application,
    provider,
    account,
    account_subject,
    account_attribute,
    account_email,
    link,
    credential,
    role,
    session,
    attempt,
    attempt_account,
    challenge,
    consumed_state,
    counter,
    known_browser,
    policy,
    audit_batch,
    audit_event,
    outbox,
    data_key,
    setup_token,
    flash,
    auth_code,
    access_token,
    merge,
    passkey,
    application_secret,
    registration_token,
    token,
    token_family,
    consent,
    pushed_request,
    pending_authorization,
    device,
    application_login,
    ended_session,
    provider_choice,
    image,
    account_group,
    membership,
    group_mapping
);

diesel::table! {
    account_attribute (account_id, name) {
        account_id -> Binary,
        organisation_id -> Binary,
        name -> Text,
        value -> Text,
        folded -> Text,
        source -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    ignored_email (account_id, hash) {
        account_id -> Binary,
        hash -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    dry_run (id) {
        id -> Binary,
        organisation_id -> Binary,
        version -> BigInt,
        state -> Text,
        done -> BigInt,
        total -> BigInt,
        counts -> Text,
        started_at -> BigInt,
        seen_at -> BigInt,
        started_by -> Text,
    }
}

diesel::table! {
    dry_run_case (run_id, place) {
        run_id -> Binary,
        place -> BigInt,
        bucket -> Text,
        account_id -> Binary,
        provider -> Text,
        reasons -> Text,
        recorded_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    provider_choice (organisation_id, provider_id) {
        organisation_id -> Binary,
        provider_id -> Binary,
        enabled -> Bool,
    }
}

diesel::table! {
    image (organisation_id, hash) {
        organisation_id -> Binary,
        hash -> Text,
        png -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    instance (id) {
        id -> Integer,
        place -> Text,
        timeline -> Text,
        recovered_at -> Nullable<BigInt>,
        lost_since -> Nullable<BigInt>,
    }
}

diesel::table! {
    account_group (id) {
        id -> Binary,
        organisation_id -> Binary,
        key -> Text,
        folded -> Text,
        name -> Text,
        description -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    membership (id) {
        id -> Binary,
        account_id -> Binary,
        group_id -> Binary,
        link_id -> Nullable<Binary>,
        since -> BigInt,
    }
}

diesel::table! {
    group_mapping (organisation_id, provider_id, value, prefix, group_id) {
        organisation_id -> Binary,
        provider_id -> Binary,
        value -> Text,
        prefix -> Bool,
        group_id -> Binary,
    }
}
