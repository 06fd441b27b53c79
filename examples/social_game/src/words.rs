//! Everything that the player reads, in both languages.

use bevy::prelude::*;

/// The language of the game.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Russian,
}

impl Language {
    /// The language of a locale, such as `ru_RU.UTF-8` or `ru-RU`.
    pub fn of(locale: &str) -> Self {
        if locale.starts_with("ru") {
            Self::Russian
        } else {
            Self::English
        }
    }

    pub fn say(self, english: &'static str, russian: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Russian => russian,
        }
    }

    pub fn other(self) -> Self {
        match self {
            Self::English => Self::Russian,
            Self::Russian => Self::English,
        }
    }

    pub fn code(self) -> &'static str {
        self.say("en", "ru")
    }

    /// "1 block", "7 blocks"; «1 блок», «3 блока», «7 блоков».
    pub fn blocks(self, count: usize) -> String {
        match self {
            Self::English if count == 1 => "1 block".into(),
            Self::English => format!("{count} blocks"),
            Self::Russian => format!(
                "{count} {}",
                russian_plural(count, ["блок", "блока", "блоков"])
            ),
        }
    }

    /// "1 friend", "7 friends"; «1 друга», «3 друзей»: whom one invites.
    pub fn friends(self, count: usize) -> String {
        match self {
            Self::English if count == 1 => "1 friend".into(),
            Self::English => format!("{count} friends"),
            Self::Russian => format!(
                "{count} {}",
                russian_plural(count, ["друга", "друга", "друзей"])
            ),
        }
    }
}

fn russian_plural(count: usize, [one, few, many]: [&'static str; 3]) -> &'static str {
    match (count % 10, count % 100) {
        (1, tens) if tens != 11 => one,
        (2..=4, tens) if !(12..=14).contains(&tens) => few,
        _ => many,
    }
}

impl std::str::FromStr for Language {
    type Err = &'static str;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        match code {
            "en" => Ok(Self::English),
            "ru" => Ok(Self::Russian),
            _ => Err("the languages are en and ru"),
        }
    }
}

/// What the game last said to the player.
#[derive(Resource, Default)]
pub struct Feedback(pub Said);

/// Something to say to the player, as a meaning: it can be said in either language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Said {
    /// How to play.
    #[default]
    Welcome,
    /// The castle is finished.
    Finished(usize),
    /// A page is being opened.
    Opening,
    /// A page waits in the browser.
    LookAtBrowser,
    /// A page waits in a window of the game's own.
    LookAtWindow,
    /// There is no such window, so the page opens in the browser.
    BrowserInstead,
    /// The same page is open already.
    AlreadyOpen,
    Invited(usize),
    Suggested(usize),
    Posted,
    /// The player completed the page and chose no friend.
    NoFriends,
    /// The player cancelled on the page.
    Cancelled,
    /// The player called the page off from the game. It stays open in the browser.
    CalledOff,
    /// The player called off a page in a window of the game's own, which has closed.
    WindowCalledOff,
    TimedOut,
    LinkCopied,
    /// There is no clipboard to copy to.
    NotCopied,
    NoBrowser,
    TooMany,
    /// Anything else; the reason is for the developer and stands in the log.
    Failed,
}

impl Said {
    pub fn text(&self, language: Language) -> String {
        let (english, russian) = match self {
            Self::Welcome => (
                "Press Space or click the meadow to set a block. How high will your castle be?",
                "Нажми пробел или щёлкни по лугу, чтобы поставить блок. Какой высоты будет твой замок?",
            ),
            Self::Finished(height) => {
                let blocks = language.blocks(*height);
                return match language {
                    Language::English => {
                        format!("Your castle is {blocks} high. Show it to your friends!")
                    }
                    Language::Russian => format!("Твой замок готов: {blocks}. Покажи его друзьям!"),
                };
            }
            Self::Opening => (
                "Opening a page of Odnoklassniki…",
                "Открываю страницу Одноклассников…",
            ),
            Self::LookAtBrowser => (
                "A page has opened in your browser. Go on there.",
                "Страница открылась в браузере. Продолжи там.",
            ),
            Self::LookAtWindow => (
                "A page has opened in a window. Go on there.",
                "Страница открылась в отдельном окне. Продолжи там.",
            ),
            Self::BrowserInstead => (
                "No window could be shown, so the page opens in your browser. Go on there.",
                "Окно не открылось, поэтому страница откроется в браузере. Продолжи там.",
            ),
            Self::AlreadyOpen => (
                "That page is open already: look for its window.",
                "Эта страница уже открыта: найди её окно.",
            ),
            Self::Invited(count) => {
                let friends = language.friends(*count);
                return match language {
                    Language::English => {
                        format!("You have invited {friends}. They will love the view!")
                    }
                    Language::Russian => format!("Ты позвал {friends}. Им понравится вид!"),
                };
            }
            Self::Suggested(count) => {
                let friends = language.friends(*count);
                return match language {
                    Language::English => {
                        format!("You have told {friends} about the castle. Thank you!")
                    }
                    Language::Russian => format!("О замке узнали: {count}. Спасибо!"),
                };
            }
            Self::Posted => (
                "Your castle is on Odnoklassniki now.",
                "Твой замок теперь в Одноклассниках.",
            ),
            Self::NoFriends => (
                "You chose no friends. Another time!",
                "Никто не выбран. В другой раз!",
            ),
            Self::Cancelled => ("All right, another time.", "Хорошо, в другой раз."),
            Self::CalledOff => (
                "Called off. If its page is still open, close it.",
                "Отменено. Если страница ещё открыта, закрой её.",
            ),
            Self::WindowCalledOff => ("Called off.", "Отменено."),
            Self::TimedOut => (
                "The page waited long enough. Press the button again whenever you like.",
                "Страница заждалась. Нажми кнопку ещё раз, когда захочешь.",
            ),
            Self::LinkCopied => (
                "The link is copied. It works once, on this computer.",
                "Ссылка скопирована. Она откроется один раз на этом компьютере.",
            ),
            Self::NotCopied => (
                "The link could not be copied here.",
                "Не получилось скопировать ссылку.",
            ),
            Self::NoBrowser => (
                "Your browser did not open. Check it and try again.",
                "Браузер не открылся. Проверь его и попробуй ещё раз.",
            ),
            Self::TooMany => (
                "Several pages are waiting for you already. Finish one first.",
                "Тебя уже ждут несколько страниц. Сначала закончи одну.",
            ),
            Self::Failed => (
                "Odnoklassniki could not do that now. Your castle is safe.",
                "Одноклассники сейчас не смогли. Замок цел.",
            ),
        };
        language.say(english, russian).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_counts() {
        let counts = [
            (1, "1 блок"),
            (2, "2 блока"),
            (5, "5 блоков"),
            (11, "11 блоков"),
            (12, "12 блоков"),
            (21, "21 блок"),
            (22, "22 блока"),
        ];
        for (count, text) in counts {
            assert_eq!(Language::Russian.blocks(count), text);
        }
        assert_eq!(Language::English.blocks(1), "1 block");
    }
}
