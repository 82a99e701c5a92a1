"""Which of Samba's own tests of KDCs (samba.tests.krb5 of Samba 4.17) a realm of ours does not pass, and why.

For each module rows of a regular expression of names and a reason. `differs`: by intent, docs/kdc.md says so. `lacks`: the test
needs what a realm of ours has not. The first row that matches is a test's. A test that passes though a row matches, one that does
not and has no row, and a row that no test needs are mistakes."""

RODC = "lacks: read-only domain controllers"
NO_SUCH_SPN = "lacks: leave to act for users at an SPN that no service has"
LDAP = "lacks: LDAP, SAMR, NETLOGON"
COMPUTER_UPN = "lacks: computers with a UPN"
NO_PAC = "lacks: services whose tickets have no PAC"
NT_HASH = "lacks: passwords that are set by their NT hash"
PROTECTED = "lacks: the group Protected Users"
ALT_NAMES = "lacks: altSecurityIdentities"
RENAMED_COMPUTER = "lacks: computers that are renamed"
NAMES = "lacks: names with @ or / in them, and users whose names end with $"

UNTRUSTED = "differs: a service that is not trusted to authenticate gets no forwardable ticket by S4U2Self, whatever its list is"
SIGNATURE_41 = "differs: 41 for evidence, or a TGT, any of whose PAC's signatures is missing or not right"
REALM_CASE = "differs: the realm in another case, or its NetBIOS name, gets 68"
OUTER_REALM = "differs: ferrymand goes by the outer realm of a request in FAST"
AS_FOR_SERVICES = "differs: 12 for an AS-REQ for a service"
PAC_ALWAYS = "differs: a ticket has its PAC though PA-PAC-REQUEST asks for none"
SPN_CLIENT = "differs: a client is found by its SPN"
THREE_PARTS = "differs: any service has the SPNs of three parts that its administrator gave it; there is no domain controller"
DOLLAR = "differs: no $ is added to a name"
FAST_ONLY_12 = "differs: 12 for AD-fx-fast-armor outside FAST"
ARMOR_26 = "differs: 26 for armor that is a ticket for a service"
TGS_ARMOR = "differs: 24 for explicit armor in a TGS-REQ"
RC4_SALT = "differs: PA-ETYPE-INFO2 has a salt for RC4 as well, as MIT's"
REPLY_KEY = "differs: the reply is in the first of the client's etypes, whatever the proof was in"
RENEW_TILL = "differs: not renewable where rtime is not behind the end"
SESSION_KEY_BIT = "differs: no session keys of etypes that the service has no key of (AES256-SK)"
KRBTGT_RC4 = "differs: krbtgt has no key of RC4, 44"
PAC_CLIENT = "differs: 41 for the PAC of another client"
OWN_KEY = "differs: kadmin/changepw is an account with a key of its own, 31 and 12 for what is of krbtgt"
FIVE_MINUTES = "differs: a ticket for kadmin/changepw lasts five minutes"
KPASSWD_TEXTS = "differs: sentences of our own"
KPASSWD_CODE = "differs: the KRB-ERROR has the AP-REQ's code, its e-data the result"
OWN_PASSWORD = "differs: who names herself as the target sets her own password"
SEQUENCE_3 = "differs: 3 for a KRB-PRIV without the sequence number of its AP-REQ"
MIT_VARIANT = "differs: as Heimdal and not as MIT; the module has a test for either"

DIFFERENCES = {
    "as_req_tests": [
        ("test_as_req_enc_timestamp_spn(_enterprise)?", SPN_CLIENT),
        ("test_as_req_enc_timestamp_spn_(realm|upn|enterprise_realm|upn_enterprise)", COMPUTER_UPN),
        ("test_as_req_enterprise_(no_)?canon_mac(_case)?", COMPUTER_UPN),
    ],
    "kdc_tests": [],
    "fast_tests": [
        ("test_fast_ad_fx_fast_armor(_ticket)?", FAST_ONLY_12),
        ("test_(fast_encrypted_challenge_as_req_self|simple_as_req_self(_pac_request_.*)?)", AS_FOR_SERVICES),
        ("test_fast_invalid_(checksum_tgt|tgt|tgt_mach)", ARMOR_26),
        ("test_fast_(tgs_)?outer_wrong_realm", OUTER_REALM),
        ("test_fast_tgs_armor.*", TGS_ARMOR),
        ("test_simple_as_req_self_no_auth_data", NO_PAC),
    ],
    "kdc_tgs_tests": [
        ("test_.*_no_auth_data_required", NO_PAC),
        ("test_request_enterprise_(no_)?canon(_case)?_mac", COMPUTER_UPN),
        ("test_upn_dns_info_ex_upn_mac|test_user2user_tgt_other_cname", COMPUTER_UPN),
        ("test_(get_ticket_for_host_service_of_machine_account|ldap_service_ticket)", REALM_CASE),
        ("test_tgs_req_cname_does_not_not_match_authenticator_cname", REALM_CASE),
        ("test_fast_(?!rodc).*", TGS_ARMOR),
        ("test_.*_false|test_request_no_pac", PAC_ALWAYS),
        ("test_user2user_rc4", KRBTGT_RC4),
        ("test_user2user_tgt_cname_host", PAC_CLIENT),
        ("test_.*rodc.*", RODC),
    ],
    "compatability_tests": [
        ("test_mit_(?!arcfour_salt).*", MIT_VARIANT),
        ("test_heimdal_arcfour_salt", RC4_SALT),
    ],
    "salt_tests": [
        ("test_salt_upn_.*mac", COMPUTER_UPN),
        ("test_salt_(double_)?at_.*|test_salt_upn_(at_realm|host_.*)_user|test_salt_upn_host_user|test_salt_dollar_end_user", NAMES),
    ],
    "pac_align_tests": [],
    "kpasswd_tests": [
        ("test_kpasswd_(no_)?canonicalize_realm_case", REALM_CASE),
        ("test_kpasswd_(canonicalize|initial|non_initial|ticket_tgs|ticket_requester_sid_tgs)", OWN_KEY),
        ("test_kpasswd_(tgt|wrong_key_server|wrong_key_service)", KPASSWD_CODE),
        ("test_kpasswd_(empty|too_weak|set_target_princ_only|set_target_realm_only)", KPASSWD_TEXTS),
        ("test_kpasswd_set_target_princ_and_realm_no_access", OWN_PASSWORD),
        ("test_kpasswd_no_seq_number", SEQUENCE_3),
        ("test_kpasswd_ticket_lifetime", FIVE_MINUTES),
        ("test_kpasswd_from_rodc", RODC),
        ("test_kpasswd_(set_target_princ_and_realm_access|wrong_key)", LDAP),
    ],
    "as_canonicalization_tests": [
        ("test_(?!.*UpperRealm).*", REALM_CASE),
        ("test_.*NetbiosRealm.*", REALM_CASE),
        ("test_.*RemoveDollar.*", DOLLAR),
        ("test_.*AsReqSelf", AS_FOR_SERVICES),
    ],
    "ms_kile_client_principal_lookup_tests": [
        ("test_(enterprise_principal_step_(1_3|4|5)|nt_principal_step_[123])", REALM_CASE),
        ("test_.*", ALT_NAMES),
    ],
    "protected_users_tests": [
        ("test_(?!.*_not_protected).*_protected(_.*)?|test_protected_nt_hash", PROTECTED),
        ("test_(ntlm|samlogon_.*|samr_.*)_not_protected", LDAP),
        ("test_ts_(aes128|rc4)_(mac_)?not_protected", REPLY_KEY),
        ("test_((aes(128|256)|rc4)_(.*_)?|ts_aes256_(mac_)?|tgt_lifetime_(longer|shorter)_|ticket_lifetime_)not_protected", RENEW_TILL),
    ],
    "s4u_tests": [
        ("test_.*_no_auth_data_required(_.*)?", NO_PAC),
        ("test_s4u2self_(not_)?trusted_nonempty_allowed", NO_SUCH_SPN),
        ("test_s4u2self_(forwardable|not_trusted_empty_allowed)", UNTRUSTED),
        ("test_rbcd_no_(client_pac|pac_options)_b", NO_SUCH_SPN),
        ("test_(constrained_delegation|rbcd)_((missing|unkeyed|rc4)_(client|service)|zeroed_service)_checksum", SIGNATURE_41),
    ],
    "spn_tests": [
        ("test_.*_rodc", RODC),
        ("test_spn_3_part_(our_(domain|realm)|instance)_spn_computer", THREE_PARTS),
    ],
    "alias_tests": [("test_.*", RENAMED_COMPUTER)],
    "nt_hash_tests": [("test_.*", NT_HASH)],
    "rodc_tests": [("test_.*", RODC)],
    "lockout_tests": [("test_.*", LDAP)],
}

LONG = {
    "etype_tests": [
        ("test_.*_stored_rc4_only", NT_HASH),
        ("test_(etype_)?as_.*", AS_FOR_SERVICES),
        ("test_etype_tgs_(None|0x0|0x10000|0x10020|0x2[048C])_supported_.*_member_account_.*", SESSION_KEY_BIT),
        ("test_etype_tgs_0x3[08]_supported_23_.*_member_account_.*", SESSION_KEY_BIT),
        ("test_tgs_aes_supported_aes_session_rc4_requested|test_tgs_rc4_supported_aes_session_.*", SESSION_KEY_BIT),
    ],
}
