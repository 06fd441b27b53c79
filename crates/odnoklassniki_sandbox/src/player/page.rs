//! What a player reads of a page.
//!
//! The sandbox's own pages come as JSON. A page of the game comes as HTML: the player finds its
//! title and the mark of its script, and reads nothing else.

use serde_json::Value;

/// The form of a page that asks the player.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Form {
    pub(super) kind: FormKind,
    /// The path to which it goes.
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
    pub(super) boxes: Vec<CheckBox>,
    pub(super) buttons: Vec<String>,
}

/// What a form is for. It has this id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum FormKind {
    /// `widget`.
    Widget,
    /// `oauth`.
    Login,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct CheckBox {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) checked: bool,
}

/// What the player knows of a page.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Content {
    /// Empty if the page has none.
    pub(super) title: String,
    pub(super) form: Option<Form>,
    /// The path to which the page's script sends the fragment.
    pub(super) relay: Option<String>,
}

impl Content {
    /// Reads a page of the sandbox. A form that the player does not know is none.
    pub(super) fn from_json(text: &str) -> Self {
        let page: Value = serde_json::from_str(text).unwrap_or_default();
        Self {
            title: string(&page, "title").unwrap_or_default(),
            form: page.get("form").and_then(form),
            relay: None,
        }
    }

    /// Finds `<title>` and `data-relay="` in a page of the game.
    pub(super) fn from_html(text: &str) -> Self {
        Self {
            title: between(text, "<title>", "</title>")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            form: None,
            relay: between(text, "data-relay=\"", "\"").map(str::to_owned),
        }
    }
}

fn form(form: &Value) -> Option<Form> {
    let kind = match form.get("id")?.as_str()? {
        "widget" => FormKind::Widget,
        "oauth" => FormKind::Login,
        _ => return None,
    };
    let fields = form.get("fields")?.as_object()?.iter();
    let boxes = form.get("boxes")?.as_array()?.iter();
    let buttons = form.get("buttons")?.as_array()?.iter();
    Some(Form {
        kind,
        action: string(form, "action")?,
        fields: fields
            .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect::<Option<_>>()?,
        boxes: boxes.map(check_box).collect::<Option<_>>()?,
        buttons: buttons
            .map(|button| button.as_str().map(str::to_owned))
            .collect::<Option<_>>()?,
    })
}

fn check_box(item: &Value) -> Option<CheckBox> {
    Some(CheckBox {
        name: string(item, "name")?,
        value: string(item, "value")?,
        checked: item.get("checked")?.as_bool()?,
    })
}

fn string(object: &Value, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(str::to_owned)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(between, _)| between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_of_the_sandbox() {
        let page = Content::from_json(
            r#"{"title":"A & B","form":{"id":"widget","action":"/dk/submit","fields":{"page":"a\"b","comment":"x"},
            "boxes":[{"name":"friend","value":"1","label":"Anna","checked":false},{"name":"friend","value":"2","checked":true}],
            "buttons":["publish","cancel"]}}"#,
        );
        assert_eq!((page.title.as_str(), page.relay), ("A & B", None));
        let form = page.form.unwrap();
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(form.kind, FormKind::Widget);
        assert_eq!(form.action, "/dk/submit");
        assert_eq!(form.fields, [field("comment", "x"), field("page", "a\"b")]);
        assert_eq!(form.boxes.len(), 2);
        assert!(!form.boxes[0].checked && form.boxes[1].checked);
        assert_eq!(form.buttons, ["publish", "cancel"]);
        for (text, title) in [
            (r#"{"title":"no form"}"#, "no form"),
            (
                r#"{"title":"other","form":{"id":"x","action":"/","fields":{},"boxes":[],"buttons":[]}}"#,
                "other",
            ),
            (r#"{"title":"half","form":{"id":"oauth"}}"#, "half"),
            ("{", ""),
            ("[]", ""),
        ] {
            let page = Content::from_json(text);
            assert_eq!((page.title.as_str(), page.form), (title, None), "{text}");
        }
    }

    #[test]
    fn a_page_of_the_game() {
        let page = Content::from_html("<title> Back </title><main class=x data-relay=\"/f/\"><p>");
        assert_eq!(page.title, "Back");
        assert_eq!(page.relay.as_deref(), Some("/f/"));
        assert_eq!(Content::from_html("<p>no title"), Content::default());
        assert_eq!(
            Content::from_html("<title>data-relay=\"/f/"),
            Content::default()
        );
    }

    proptest! {
        #[test]
        fn no_page_makes_it_panic(
            html in "(<title>|</title>|data-relay=\"|\"|\\PC){0,20}",
            json in "(\\{|\\}|\\[|\\]|\"form\":|\"id\":\"widget\"|,|\\PC){0,20}",
        ) {
            let _ = Content::from_html(&html);
            let _ = Content::from_json(&json);
        }
    }
}
