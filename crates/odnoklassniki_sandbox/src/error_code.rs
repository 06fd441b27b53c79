//! OK's error codes (apiok.ru/en/dev/errors, and later ones from programs that use OK).

/// Why the sandbox refuses a request: OK's code, and a text for the game's developer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: i32,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Returns the refusal of a missing or bad parameter.
    pub(crate) fn param(message: impl Into<String>) -> Self {
        Self::new(PARAM, message)
    }

    /// Returns the refusal that a behavior asks for, with OK's text where it is known.
    pub(crate) fn requested(code: i32) -> Self {
        match code {
            CANCELLED => Self::new(code, "Operation was cancelled by user"),
            // The documented text ends in a space.
            PARAM_SIGNATURE => Self::new(code, "Bad signature "),
            _ => Self::new(code, format!("{} (asked for by the behavior)", name(code))),
        }
    }

    /// Returns the code's name: `code` in the response of an invite or suggest.
    pub(crate) fn name(&self) -> &'static str {
        name(self.code)
    }
}

pub(crate) const METHOD: i32 = 3;
pub(crate) const PERMISSION_DENIED: i32 = 10;
pub(crate) const CANCELLED: i32 = 12;
pub(crate) const PARAM: i32 = 100;
pub(crate) const PARAM_API_KEY: i32 = 101;
pub(crate) const PARAM_SESSION_EXPIRED: i32 = 102;
pub(crate) const PARAM_SESSION_KEY: i32 = 103;
pub(crate) const PARAM_SIGNATURE: i32 = 104;
pub(crate) const PARAM_USER_ID: i32 = 110;
pub(crate) const PARAM_WIDGET: i32 = 130;
pub(crate) const PARAM_GROUP_ID: i32 = 160;
pub(crate) const PARAM_PERMISSION: i32 = 200;
pub(crate) const SESSION_REQUIRED: i32 = 453;
pub(crate) const BLOCK_LIMIT: i32 = 600;
pub(crate) const TEXT_LIMIT: i32 = 601;
pub(crate) const POLL_QUESTION_LIMIT: i32 = 602;
pub(crate) const POLL_ANSWERS_LIMIT: i32 = 603;
pub(crate) const POLL_ANSWER_TEXT_LIMIT: i32 = 604;
pub(crate) const LINK_BAD_FORMAT: i32 = 607;
pub(crate) const NO_SUCH_APP: i32 = 900;

/// Returns the name of a code: `UNKNOWN` if it is not in the table.
pub(crate) fn name(code: i32) -> &'static str {
    NAMES
        .binary_search_by_key(&code, |(known, _)| *known)
        .ok()
        .and_then(|index| NAMES.get(index))
        .map_or("UNKNOWN", |(_, name)| *name)
}

/// Sorted by code.
#[rustfmt::skip]
const NAMES: &[(i32, &str)] = &[
    (1, "UNKNOWN"), (2, "SERVICE"), (3, "METHOD"), (4, "REQUEST"), (7, "ACTION_BLOCKED"),
    (8, "FLOOD_BLOCKED"), (9, "IP_BLOCKED"), (10, "PERMISSION_DENIED"), (11, "LIMIT_REACHED"),
    (12, "CANCELLED"), (21, "NOT_MULTIPART"), (22, "NOT_ACTIVATED"), (23, "NOT_YET_INVOLVED"),
    (24, "NOT_OWNER"), (25, "NOT_ACTIVE"), (26, "TOTAL_LIMIT_REACHED"), (30, "NETWORK"),
    (31, "NETWORK_TIMEOUT"), (50, "NOT_ADMIN"), (100, "PARAM"), (101, "PARAM_API_KEY"),
    (102, "PARAM_SESSION_EXPIRED"), (103, "PARAM_SESSION_KEY"), (104, "PARAM_SIGNATURE"),
    (105, "PARAM_RESIGNATURE"), (106, "PARAM_ENTITY_ID"), (110, "PARAM_USER_ID"),
    (120, "PARAM_ALBUM_ID"), (121, "PARAM_PHOTO_ID"), (130, "PARAM_WIDGET"),
    (140, "PARAM_MESSAGE_ID"), (141, "PARAM_COMMENT_ID"), (150, "PARAM_HAPPENING_ID"),
    (151, "PARAM_HAPPENING_PHOTO_ID"), (160, "PARAM_GROUP_ID"), (200, "PARAM_PERMISSION"),
    (210, "PARAM_APPLICATION_DISABLED"), (211, "PARAM_DECISION"), (212, "PARAM_BADGE_ID"),
    (213, "PARAM_PRESENT_ID"), (214, "PARAM_RELATION_TYPE"), (220, "PARAM_FIELDSET"),
    (300, "NOT_FOUND"), (324, "EDIT_PHOTO_FILE"), (401, "AUTH_LOGIN"), (402, "AUTH_LOGIN_CAPTCHA"),
    (403, "AUTH_LOGIN_WEB_HUMAN_CHECK"), (451, "NOT_SESSION_METHOD"), (453, "SESSION_REQUIRED"),
    (454, "CENSOR_MATCH"), (455, "FRIEND_RESTRICTION"), (456, "GROUP_RESTRICTION"),
    (457, "UNAUTHORIZED_RESTRICTION"), (458, "PRIVACY_RESTRICTION"),
    (500, "PHOTO_SIZE_LIMIT_EXCEEDED"), (501, "PHOTO_SIZE_TOO_SMALL"), (502, "PHOTO_SIZE_TOO_BIG"),
    (503, "PHOTO_INVALID_FORMAT"), (504, "PHOTO_IMAGE_CORRUPTED"), (505, "PHOTO_NO_IMAGE"),
    (508, "PHOTO_PIN_TOO_MUCH"), (511, "IDS_BLOCKED"), (512, "PHOTO_ALBUM_NOT_BELONGS_TO_USER"),
    (513, "PHOTO_ALBUM_NOT_BELONGS_TO_GROUP"), (514, "IDS_SESSION_VERIFICATION_REQUIRED"),
    (600, "MEDIA_TOPIC_BLOCK_LIMIT"), (601, "MEDIA_TOPIC_TEXT_LIMIT"),
    (602, "MEDIA_TOPIC_POLL_QUESTION_TEXT_LIMIT"), (603, "MEDIA_TOPIC_POLL_ANSWERS_LIMIT"),
    (604, "MEDIA_TOPIC_POLL_ANSWER_TEXT_LIMIT"), (605, "MEDIA_TOPIC_WITH_FRIENDS_LIMIT"),
    (606, "MEDIA_TOPIC_WITH_FRIENDS_USER_LIMIT"), (607, "MEDIA_TOPIC_LINK_BAD_FORMAT"),
    (610, "GROUP_DUPLICATE_JOIN_REQUEST"), (700, "COMMENT_NOT_FOUND"), (701, "INVALID_AUTHOR"),
    (702, "COMMENT_NOT_ACTIVE"), (704, "TIMEOUT_EXCEEDED"), (705, "CHAT_NOT_FOUND"),
    (706, "MESSAGE_NOT_ACTIVE"), (707, "STICKER_SERVICE_UNAVAILABLE_TO_USER"),
    (708, "STICKER_MESSAGE_INVALID"), (709, "GIF_SERVICE_UNAVAILABLE_TO_USER"),
    (800, "CHAT_MAX_PARTICIPANT_COUNT_LIMIT"), (801, "CHAT_PARTICIPANTS_EMPTY_BLOCKED_USERS"),
    (802, "CHAT_PARTICIPANTS_EMPTY_NON_EXISTENT_USERS"), (900, "NO_SUCH_APP"),
    (1001, "CALLBACK_INVALID_PAYMENT"), (1002, "PAYMENT_IS_REQUIRED_PAYMENT"),
    (1003, "INVALID_PAYMENT"), (1004, "DUPLICATE_PAYMENT"), (1005, "NOT_ENOUGH_MONEY"),
    (1101, "VCHAT_SERVICE_DISABLED"), (1102, "TARGET_USER_UNAVAILABLE"),
    (1103, "FRIENDSHIP_REQUIRED"), (1200, "BATCH"), (1300, "APP_NO_PLATFORM_ALLOWED"),
    (1301, "APP_DEVICE_NOT_ALLOWED"), (1302, "APP_DEVICE_NOT_SPECIFIED"),
    (1400, "APP_EMPTY_SEARCH_PARAMS"), (1401, "APP_SEARCH_SCENARIO_DOES_NOT_EXIST"),
    (2001, "GRAPH_PARAM_REQUEST"), (5000, "INVALID_RESPONSE"), (9999, "SYSTEM"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn names() {
        assert_eq!(name(104), "PARAM_SIGNATURE");
        assert_eq!(name(9999), "SYSTEM");
        assert_eq!(name(-7), "UNKNOWN");
    }
}
