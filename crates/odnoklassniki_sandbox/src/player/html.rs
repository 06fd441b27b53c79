//! As much HTML as a player needs: the title, the form of a widget or of the login, and where a
//! page passes its fragment on.

/// The form of a page that asks the player.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Form {
    pub(super) kind: FormKind,
    pub(super) action: String,
    /// Hidden fields, text fields and text areas.
    pub(super) fields: Vec<(String, String)>,
    pub(super) boxes: Vec<Choice>,
    pub(super) buttons: Vec<(String, String)>,
}

/// What a form is for, known by its id.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum FormKind {
    /// `widget`.
    #[default]
    Widget,
    /// `oauth`.
    LogIn,
}

impl FormKind {
    fn of(id: Option<&str>) -> Option<Self> {
        match id {
            Some("widget") => Some(Self::Widget),
            Some("oauth") => Some(Self::LogIn),
            _ => None,
        }
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) checked: bool,
}

impl Form {
    /// The first form with a known id, if the page has one.
    pub(super) fn find(page: &str) -> Option<Self> {
        let mut form: Option<Self> = None;
        let mut rest = page;
        while let Some((tag, after)) = next_tag(rest) {
            rest = after;
            match (tag.name.as_str(), &mut form) {
                ("form", None) => {
                    form = FormKind::of(tag.get("id")).map(|kind| Self {
                        kind,
                        action: tag.get("action").unwrap_or_default().to_owned(),
                        ..Self::default()
                    });
                }
                ("/form", Some(_)) => break,
                ("input", Some(form)) => form.input(&tag),
                ("textarea", Some(form)) => {
                    let text = rest.split("</textarea").next().unwrap_or_default();
                    form.fields
                        .extend(tag.get("name").map(|name| (name.to_owned(), decode(text))));
                }
                ("button", Some(form)) => form.buttons.extend(tag.pair()),
                _ => (),
            }
        }
        form
    }

    fn input(&mut self, tag: &Tag) {
        let Some((name, value)) = tag.pair() else {
            return;
        };
        match tag.get("type") {
            Some("checkbox") => self.boxes.push(Choice {
                name,
                value,
                checked: tag.get("checked").is_some(),
            }),
            Some("submit" | "button" | "image" | "reset" | "file" | "radio") => (),
            _ => self.fields.push((name, value)),
        }
    }
}

/// The path to which the script of a page sends the fragment: the attribute `data-relay` of any
/// element.
pub(super) fn relay(page: &str) -> Option<String> {
    let mut rest = page;
    while let Some((tag, after)) = next_tag(rest) {
        if let Some(path) = tag.get("data-relay") {
            return Some(path.to_owned());
        }
        rest = after;
    }
    None
}

/// Text of the `title` element.
pub(super) fn title(page: &str) -> String {
    let mut rest = page;
    while let Some((tag, after)) = next_tag(rest) {
        if tag.name == "title" {
            return decode(after.split("</title").next().unwrap_or_default().trim());
        }
        rest = after;
    }
    String::new()
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Name and value of a control.
    fn pair(&self) -> Option<(String, String)> {
        let name = self.get("name")?.to_owned();
        Some((name, self.get("value").unwrap_or_default().to_owned()))
    }
}

/// The next tag and what follows it.
fn next_tag(text: &str) -> Option<(Tag, &str)> {
    let (_, inside) = text.split_once('<')?;
    let name_end = inside
        .find(|c: char| c.is_whitespace() || c == '>')
        .unwrap_or(inside.len());
    let (name, mut rest) = inside.split_at(name_end);
    let mut tag = Tag {
        name: name.to_ascii_lowercase(),
        attributes: Vec::new(),
    };
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return Some((tag, after));
        }
        if rest.is_empty() {
            return Some((tag, rest));
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || "=>".contains(c))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(quoted) => match quoted.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let inner = quoted.get(1..).unwrap_or_default();
                    inner.split_once(quote).unwrap_or((inner, ""))
                }
                _ => quoted.split_at(
                    quoted
                        .find(|c: char| c.is_whitespace() || c == '>')
                        .unwrap_or(quoted.len()),
                ),
            },
        };
        tag.attributes
            .push((name.to_ascii_lowercase(), decode(value)));
        rest = after;
    }
}

/// Replaces character references.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after
            .split_once(';')
            .and_then(|(name, tail)| Some((character(name)?, tail)));
        match reference {
            Some((character, tail)) => {
                out.push(character);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_form_is_found_and_read() {
        let page = r#"<title>A &amp; B</title><form id="other"><input name=x></form>
            <form id="widget" method="post" action="/dk/answer"><input type="hidden" name="ticket" value="a&#34;b">
            <textarea id=c name="comment" rows="2">x &lt;b&gt; &#x444; & y</textarea>
            <input type="checkbox" name="friend" value="1"><input type="checkbox" name="friend" value="2" checked>
            <button name="action" value="publish">OK</button></form><input name="late" value="1">"#;
        let form = Form::find(page).unwrap();
        assert_eq!(form.action, "/dk/answer");
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            form.fields,
            [field("ticket", "a\"b"), field("comment", "x <b> ф & y")]
        );
        assert_eq!(form.boxes.len(), 2);
        assert!(!form.boxes[0].checked && form.boxes[1].checked);
        assert_eq!(form.buttons, [field("action", "publish")]);
        assert_eq!(title(page), "A & B");
        assert_eq!(form.kind, FormKind::Widget);
        let login =
            Form::find("<form id=oauth><input name=login value=x><button name=action value=deny>")
                .unwrap();
        assert_eq!(
            (login.kind, login.buttons),
            (FormKind::LogIn, vec![field("action", "deny")])
        );
        assert_eq!(
            relay("<p><main class=x data-relay=\"/f/\"><p data-relay='/g/'>").as_deref(),
            Some("/f/")
        );
        assert_eq!(relay("<p>data-relay=1"), None);
        assert_eq!(Form::find("<form id=other></form>"), None);
        assert_eq!(title("<p>no title"), "");
    }

    proptest! {
        #[test]
        fn no_page_makes_it_panic(page in "(<form id=widget |<input |name=|value='|\"|checked|>|/|&#x|;|&|<textarea|\\PC){0,40}") {
            let _ = Form::find(&page);
            let _ = relay(&page);
            let _ = title(&page);
        }
    }
}
