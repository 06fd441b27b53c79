//! OK's error codes as data.
//!
//! Codes up to 151 are from <https://apiok.ru/en/dev/errors>, the others from copies of that page
//! in published programs. A code that is not in the table stays a number.

use std::fmt;

/// An error code of OK: a number, with a name and a meaning where they are known.
///
/// ```
/// use odnoklassniki::ErrorCode;
///
/// let code = ErrorCode(104);
/// assert_eq!(code, ErrorCode::PARAM_SIGNATURE);
/// assert_eq!(code.name(), Some("PARAM_SIGNATURE"));
/// assert_eq!(code.meaning(), Some("bad signature"));
/// assert_eq!(ErrorCode::from_name("param_signature"), Some(code));
/// assert_eq!(code.to_string(), "104 PARAM_SIGNATURE");
///
/// assert_eq!(ErrorCode(31_337).name(), None);
/// assert_eq!(ErrorCode(31_337).to_string(), "31337");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub i32);

/// One line of [`ErrorCode::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeEntry {
    /// The number.
    pub code: ErrorCode,
    /// OK's name of it. Callbacks of invite and suggest carry this instead of the number.
    pub name: &'static str,
    /// What it means, in English, for developers and logs.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($number:literal $name:ident $meaning:literal)*) => {
        impl ErrorCode {
            $(
                #[doc = concat!(stringify!($number), ": ", $meaning, ".")]
                pub const $name: Self = Self($number);
            )*

            /// Every known code, by number. Source: <https://apiok.ru/en/dev/errors> and copies of
            /// it.
            pub const ALL: &'static [CodeEntry] = &[
                $(CodeEntry { code: Self($number), name: stringify!($name), meaning: $meaning },)*
            ];
        }
    };
}

codes! {
    1 UNKNOWN "unknown error"
    2 SERVICE "service temporarily not available"
    3 METHOD "no such method"
    4 REQUEST "request cannot be processed as sent"
    7 ACTION_BLOCKED "action blocked for this user for a time"
    8 FLOOD_BLOCKED "blocked because of too many calls"
    9 IP_BLOCKED "blocked for this network address"
    10 PERMISSION_DENIED "no permission, often because the user did not grant it"
    11 LIMIT_REACHED "call limit reached"
    12 CANCELLED "cancelled by the user"
    21 NOT_MULTIPART "photo upload is not multi-part"
    22 NOT_ACTIVATED "the user must activate the account"
    23 NOT_YET_INVOLVED "the user is not involved in the application"
    24 NOT_OWNER "the user is not the owner of the object"
    25 NOT_ACTIVE "notification: the user is not active in the application"
    26 TOTAL_LIMIT_REACHED "notification limit reached"
    30 NETWORK "network trouble"
    31 NETWORK_TIMEOUT "network timeout"
    50 NOT_ADMIN "the user must be an administrator"
    100 PARAM "missing or bad parameter"
    101 PARAM_API_KEY "application key missing or bad"
    102 PARAM_SESSION_EXPIRED "session expired"
    103 PARAM_SESSION_KEY "bad session"
    104 PARAM_SIGNATURE "bad signature"
    105 PARAM_RESIGNATURE "bad second signature"
    106 PARAM_ENTITY_ID "bad discussion id"
    110 PARAM_USER_ID "bad user id"
    120 PARAM_ALBUM_ID "bad album id"
    121 PARAM_PHOTO_ID "bad photo id"
    130 PARAM_WIDGET "bad widget id"
    140 PARAM_MESSAGE_ID "bad message id"
    141 PARAM_COMMENT_ID "bad comment id"
    150 PARAM_HAPPENING_ID "bad event id"
    151 PARAM_HAPPENING_PHOTO_ID "bad event photo id"
    160 PARAM_GROUP_ID "bad group id"
    200 PARAM_PERMISSION "the application may not do this, mostly for lack of authorization"
    210 PARAM_APPLICATION_DISABLED "the application is switched off"
    211 PARAM_DECISION "bad decision id"
    212 PARAM_BADGE_ID "bad badge id"
    213 PARAM_PRESENT_ID "bad present id"
    214 PARAM_RELATION_TYPE "bad relation type"
    220 PARAM_FIELDSET "bad field list"
    300 NOT_FOUND "not found"
    324 EDIT_PHOTO_FILE "multi-part request could not be processed"
    401 AUTH_LOGIN "login failed"
    402 AUTH_LOGIN_CAPTCHA "login needs a captcha"
    403 AUTH_LOGIN_WEB_HUMAN_CHECK "login needs a human check"
    451 NOT_SESSION_METHOD "session given to a method that forbids one"
    453 SESSION_REQUIRED "session missing"
    454 CENSOR_MATCH "text refused by the filter"
    455 FRIEND_RESTRICTION "that friend does not allow it"
    456 GROUP_RESTRICTION "that group does not allow it"
    457 UNAUTHORIZED_RESTRICTION "not authorized"
    458 PRIVACY_RESTRICTION "that user's privacy settings do not allow it"
    500 PHOTO_SIZE_LIMIT_EXCEEDED "picture has too many bytes"
    501 PHOTO_SIZE_TOO_SMALL "picture has too few pixels"
    502 PHOTO_SIZE_TOO_BIG "picture has too many pixels"
    503 PHOTO_INVALID_FORMAT "unknown picture format"
    504 PHOTO_IMAGE_CORRUPTED "damaged picture"
    505 PHOTO_NO_IMAGE "no picture"
    508 PHOTO_PIN_TOO_MUCH "too many marks on a photo"
    511 IDS_BLOCKED "stopped by anti-spam"
    512 PHOTO_ALBUM_NOT_BELONGS_TO_USER "the album is someone else's"
    513 PHOTO_ALBUM_NOT_BELONGS_TO_GROUP "the album is another group's"
    514 IDS_SESSION_VERIFICATION_REQUIRED "the user must verify the account"
    600 MEDIA_TOPIC_BLOCK_LIMIT "too many blocks in the attachment"
    601 MEDIA_TOPIC_TEXT_LIMIT "text too long"
    602 MEDIA_TOPIC_POLL_QUESTION_TEXT_LIMIT "poll question too long"
    603 MEDIA_TOPIC_POLL_ANSWERS_LIMIT "too many poll answers"
    604 MEDIA_TOPIC_POLL_ANSWER_TEXT_LIMIT "poll answer too long"
    605 MEDIA_TOPIC_WITH_FRIENDS_LIMIT "too many friends marked"
    606 MEDIA_TOPIC_WITH_FRIENDS_USER_LIMIT "too many friends marked by this user"
    607 MEDIA_TOPIC_LINK_BAD_FORMAT "bad link"
    610 GROUP_DUPLICATE_JOIN_REQUEST "already asked to join"
    700 COMMENT_NOT_FOUND "comment not found"
    701 INVALID_AUTHOR "wrong author"
    702 COMMENT_NOT_ACTIVE "comment not active"
    704 TIMEOUT_EXCEEDED "time for the action is over"
    705 CHAT_NOT_FOUND "chat not found"
    706 MESSAGE_NOT_ACTIVE "message not active"
    707 STICKER_SERVICE_UNAVAILABLE_TO_USER "stickers not available to the user"
    708 STICKER_MESSAGE_INVALID "bad sticker message"
    709 GIF_SERVICE_UNAVAILABLE_TO_USER "moving pictures not available to the user"
    800 CHAT_MAX_PARTICIPANT_COUNT_LIMIT "too many people in the chat"
    801 CHAT_PARTICIPANTS_EMPTY_BLOCKED_USERS "chat would be empty: users are blocked"
    802 CHAT_PARTICIPANTS_EMPTY_NON_EXISTENT_USERS "chat would be empty: users do not exist"
    900 NO_SUCH_APP "no such application"
    1001 CALLBACK_INVALID_PAYMENT "the game's server refused the payment"
    1002 PAYMENT_IS_REQUIRED_PAYMENT "payment required"
    1003 INVALID_PAYMENT "bad payment"
    1004 DUPLICATE_PAYMENT "payment made twice"
    1005 NOT_ENOUGH_MONEY "not enough money"
    1101 VCHAT_SERVICE_DISABLED "video chat switched off"
    1102 TARGET_USER_UNAVAILABLE "the other user is not available"
    1103 FRIENDSHIP_REQUIRED "the users must be friends"
    1200 BATCH "batch call failed"
    1300 APP_NO_PLATFORM_ALLOWED "no platform allowed for the application"
    1301 APP_DEVICE_NOT_ALLOWED "device not allowed for the application"
    1302 APP_DEVICE_NOT_SPECIFIED "device of the application not given"
    1400 APP_EMPTY_SEARCH_PARAMS "search without parameters"
    1401 APP_SEARCH_SCENARIO_DOES_NOT_EXIST "no such search"
    2001 GRAPH_PARAM_REQUEST "Graph API: bad request"
    5000 INVALID_RESPONSE "bad response, for example an unknown format"
    9999 SYSTEM "critical system error"
}

impl ErrorCode {
    /// Returns the line of [`ErrorCode::ALL`] for this code. None for a code that is not in the
    /// table.
    pub fn entry(self) -> Option<&'static CodeEntry> {
        Self::ALL.iter().find(|entry| entry.code == self)
    }

    /// Returns OK's name, for example `PARAM_SIGNATURE`. None for a code that is not in the table.
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.name)
    }

    /// Returns what the code means, in English, for developers and logs. None for a code that is
    /// not in the table.
    pub fn meaning(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.meaning)
    }

    /// Returns the code of a name. Letter case does not count, as in OK's Android SDK.
    ///
    /// ```
    /// use odnoklassniki::ErrorCode;
    /// assert_eq!(ErrorCode::from_name("Cancelled"), Some(ErrorCode::CANCELLED));
    /// assert_eq!(ErrorCode::from_name("CANCELLED "), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let entry = Self::ALL
            .iter()
            .find(|entry| entry.name.eq_ignore_ascii_case(name))?;
        Some(entry.code)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_name_twice() {
        assert!(ErrorCode::ALL.is_sorted_by(|a, b| a.code < b.code));
        for entry in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_name(entry.name), Some(entry.code));
            assert_eq!(entry.code.entry(), Some(entry));
        }
    }
}
