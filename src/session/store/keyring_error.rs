//! The errors of the system's keyring: their kinds and advice.

use keyring_core::Error;
use keyring_core::error::PlatformError;

use super::{StoreError, StoreErrorKind};

/// An error's kind, and its own advice if it has better advice than its kind.
type Meaning = (StoreErrorKind, Option<&'static str>);

/// Translates an error. Uses `Display` only: the debug form of some errors holds the secret.
pub(super) fn failed(error: &Error) -> StoreError {
    let (kind, advice) = match error {
        Error::NoStorageAccess(cause) => platform(cause).unwrap_or((StoreErrorKind::Denied, None)),
        Error::PlatformFailure(cause) => {
            platform(cause).unwrap_or((StoreErrorKind::Unavailable, None))
        }
        _ => (StoreErrorKind::Failed, None),
    };
    let failed = StoreError::new(kind, format!("the keyring reports: {error}"));
    match advice {
        Some(advice) => failed.with_advice(advice),
        None => failed,
    }
}

#[cfg(target_os = "linux")]
fn platform(cause: &PlatformError) -> Option<Meaning> {
    secret_service(cause.downcast_ref()?)
}

#[cfg(target_os = "macos")]
fn platform(cause: &PlatformError) -> Option<Meaning> {
    keychain(
        cause
            .downcast_ref::<security_framework::base::Error>()?
            .code(),
    )
}

/// Recognizes the one special error of Credential Manager: services and remote shells have no
/// vault.
#[cfg(target_os = "windows")]
fn platform(cause: &PlatformError) -> Option<Meaning> {
    let advice = "Credential Manager needs a user who is logged in: it has no vault for a service or an SSH session";
    cause
        .to_string()
        .contains("NO_SUCH_LOGON_SESSION")
        .then_some((StoreErrorKind::Unavailable, Some(advice)))
}

#[cfg(target_os = "linux")]
fn secret_service(error: &secret_service::Error) -> Option<Meaning> {
    use secret_service::Error as Cause;

    const NO_DEFAULT: &str = "\
        create a default keyring, in Passwords and Keys (seahorse) or KWalletManager, or \
        take FileStore; the player logs in again at the next start";
    match error {
        // The crate looks up only the default collection by name.
        Cause::NoResult => Some((StoreErrorKind::Unavailable, Some(NO_DEFAULT))),
        Cause::Locked | Cause::Prompt => Some((StoreErrorKind::Denied, None)),
        // The crate has no variant for this error of the service.
        Cause::Zbus(error) if error.to_string().contains("Secret.Error.IsLocked") => {
            Some((StoreErrorKind::Denied, None))
        }
        _ => None,
    }
}

/// Translates the status codes of macOS, from `SecBase.h` and `MacErrors.h`.
#[cfg(any(target_os = "macos", test))]
fn keychain(code: i32) -> Option<Meaning> {
    const ASKED: &str = "\
        the player said no when macOS asked: let them press \"Always Allow\" next time. \
        A game without a stable signature is asked about again after each update: sign \
        it (codesign)";
    const NO_WINDOW: &str = "\
        macOS cannot ask the player here: start the game from the desktop, not over SSH \
        or as a daemon, or unlock the login keychain first (security unlock-keychain)";
    const LOCKED: &str = "\
        unlock the login keychain in Keychain Access; if its password is not the \
        account's, reset it there";
    const NOT_OURS: &str = "\
        the item belongs to another program, or to the game under another signature: \
        delete it in Keychain Access, or take another service name";
    const NONE: &str = "\
        there is no login keychain: create a default one in Keychain Access, or take \
        FileStore";
    let (kind, advice) = match code {
        // userCanceledErr, errSecUserCanceled
        -128 => (StoreErrorKind::Denied, ASKED),
        // errSecInteractionNotAllowed, errSecInteractionRequired
        -25308 | -25315 => (StoreErrorKind::Denied, NO_WINDOW),
        // errSecAuthFailed
        -25293 => (StoreErrorKind::Denied, LOCKED),
        // wrPermErr, errSecInvalidOwnerEdit, errSecReadOnly, errSecDuplicateItem,
        // errSecMissingEntitlement
        -61 | -25244 | -25292 | -25299 | -34018 => (StoreErrorKind::Denied, NOT_OURS),
        // errSecNotAvailable, errSecNoSuchKeychain, errSecInvalidKeychain, errSecNoDefaultKeychain
        -25291 | -25294 | -25295 | -25307 => (StoreErrorKind::Unavailable, NONE),
        _ => return None,
    };
    Some((kind, Some(advice)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(code: i32) -> Option<(StoreErrorKind, bool)> {
        keychain(code).map(|(kind, advice)| (kind, advice.is_some()))
    }

    /// A denied prompt, a session without windows, a wrong password, and the other known codes.
    #[test]
    fn macos_codes_have_a_kind_and_advice() {
        for code in [
            -128, -25308, -25315, -25293, -61, -25244, -25292, -25299, -34018,
        ] {
            assert_eq!(
                meaning(code),
                Some((StoreErrorKind::Denied, true)),
                "{code}"
            );
        }
        for code in [-25291, -25294, -25295, -25307] {
            assert_eq!(
                meaning(code),
                Some((StoreErrorKind::Unavailable, true)),
                "{code}"
            );
        }
        // A bad parameter has neither.
        assert_eq!(meaning(-50), None);
        for (code, part) in [
            (-128, "Always Allow"),
            (-25308, "SSH"),
            (-25293, "Keychain Access"),
        ] {
            let (_, advice) = keychain(code).unwrap();
            assert!(advice.unwrap().contains(part), "{code}: {advice:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn secret_service_errors_have_a_kind_and_advice() {
        use secret_service::Error as Cause;

        let locked = || Error::NoStorageAccess(Box::new(Cause::Locked));
        assert_eq!(failed(&locked()).kind(), StoreErrorKind::Denied);
        let dismissed = failed(&Error::NoStorageAccess(Box::new(Cause::Prompt)));
        assert_eq!(
            (dismissed.kind(), dismissed.advice()),
            (StoreErrorKind::Denied, failed(&locked()).advice())
        );
        let none = failed(&Error::NoStorageAccess(Box::new(Cause::NoResult)));
        assert_eq!(none.kind(), StoreErrorKind::Unavailable);
        assert!(
            none.advice().contains("default keyring"),
            "{}",
            none.advice()
        );
        let gone = failed(&Error::PlatformFailure(Box::new(Cause::PromptDisconnected)));
        assert_eq!(gone.kind(), StoreErrorKind::Unavailable);
        // An error of another version of the crate.
        let unknown = failed(&Error::NoStorageAccess("locked".into()));
        assert_eq!(unknown.kind(), StoreErrorKind::Denied);
    }

    #[test]
    fn no_error_holds_the_secret() {
        let secret = b"canary".to_vec();
        for error in [
            Error::BadEncoding(secret.clone()),
            Error::BadDataFormat(secret, "bad".into()),
        ] {
            let text = format!("{:?}", failed(&error));
            assert!(
                !text.contains("canary") && !text.contains("99, 97, 110"),
                "{text}"
            );
        }
    }
}
