//! Errors of a login that the game cannot get: a page shows them to the developer.

use super::redirect_uri;
use crate::language::Language;

/// The longest piece of a request that a page repeats, in characters.
const MAX_QUOTE: usize = 200;

/// Why there is a page in place of a response: it is not sure where a response may go.
#[derive(Debug)]
pub(crate) struct PageError {
    pub(crate) app_id: Option<u64>,
    pub(crate) kind: PageErrorKind,
    /// `redirect_uri` up to `?`, if the game sent one.
    pub(crate) sent: Option<String>,
    /// The redirect URIs of the application.
    pub(crate) registered: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum PageErrorKind {
    NotReadable,
    Doubled(String),
    NoClient,
    UnknownClient,
    NoRedirectUri,
    BadRedirectUri(&'static str),
    Unregistered,
}

impl PageError {
    /// Returns OAuth's name for it.
    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            PageErrorKind::UnknownClient => "invalid_client",
            _ => "invalid_request",
        }
    }

    /// Says what is wrong.
    pub(crate) fn what(&self, l: Language) -> String {
        let (english, russian) = match &self.kind {
            PageErrorKind::NotReadable => (
                "The query is not percent-encoded UTF-8.",
                "Строка запроса — не UTF-8 с процентным кодированием.",
            ),
            PageErrorKind::Doubled(name) => {
                let text = l.say(
                    "This parameter is there twice:",
                    "Этот параметр указан дважды:",
                );
                return format!("{text} {name}");
            }
            PageErrorKind::NoClient => (
                "client_id is missing, or is not a number.",
                "client_id не указан или не число.",
            ),
            PageErrorKind::UnknownClient => (
                "The sandbox knows no application with this client_id.",
                "В песочнице нет приложения с таким client_id.",
            ),
            PageErrorKind::NoRedirectUri => ("redirect_uri is missing.", "redirect_uri не указан."),
            PageErrorKind::BadRedirectUri(why) => return format!("redirect_uri {why}."),
            PageErrorKind::Unregistered => {
                let sent = self.sent.as_deref().unwrap_or_default();
                let difference = redirect_uri::difference(&self.registered, sent, l);
                let text = l.say(
                    "The application has not registered this redirect_uri",
                    "У приложения не зарегистрирован этот redirect_uri",
                );
                return format!("{text}: {difference}.");
            }
        };
        l.say(english, russian).to_owned()
    }

    /// Says what the developer can do about it.
    pub(crate) fn remedy(&self, l: Language) -> &'static str {
        match &self.kind {
            PageErrorKind::NotReadable => l.say(
                "Encode each value of the URL, once.",
                "Закодируйте каждое значение в адресе — один раз.",
            ),
            PageErrorKind::Doubled(_) => l.say(
                "Send every parameter once.",
                "Передавайте каждый параметр один раз.",
            ),
            PageErrorKind::NoClient => l.say(
                "Send the application id as client_id: the number, not the public key.",
                "Передайте в client_id номер приложения, а не публичный ключ.",
            ),
            PageErrorKind::UnknownClient => l.say(
                "Use the application id from the sandbox's home page, or start the sandbox with \
                 --app.",
                "Возьмите номер приложения с главной страницы песочницы или запустите её с --app.",
            ),
            PageErrorKind::NoRedirectUri | PageErrorKind::BadRedirectUri(_) => l.say(
                "Send one of the registered redirect URIs as redirect_uri, encoded once.",
                "Передайте в redirect_uri один из зарегистрированных адресов, закодированный один \
                 раз.",
            ),
            PageErrorKind::Unregistered => l.say(
                "Send a registered redirect URI, the same in every character up to the question \
                 mark, or register yours: with --redirect-uri, or in a test with \
                 Application::redirect_uri. Port 0 stands for any port. At OK redirect URIs are \
                 registered in the application's settings, and there every port is another URI.",
                "Передайте зарегистрированный адрес — он сравнивается посимвольно до \
                 вопросительного знака — или зарегистрируйте свой: через --redirect-uri, а в тесте \
                 через Application::redirect_uri. Порт 0 означает любой порт. В OK адреса \
                 регистрируют в настройках приложения, и там каждый порт — это другой адрес.",
            ),
        }
    }

    /// Writes the text for [`Sandbox::requests`](crate::Sandbox::requests). It has only the origin
    /// of the URI that the game sent: the path of an unknown one may hold a secret.
    pub(crate) fn detail(&self) -> String {
        let mut text = self.what(Language::English);
        if let Some(sent) = &self.sent {
            text += &format!(" Sent: {}…", quote(redirect_uri::origin(sent)));
        }
        if !self.registered.is_empty() {
            text += &format!(" Registered: {}.", self.registered.join(", "));
        }
        format!("{text} {}", self.remedy(Language::English))
    }
}

/// Cuts a piece of a request to the length that a page may repeat.
pub(super) fn quote(text: &str) -> String {
    text.chars().take(MAX_QUOTE).collect()
}
