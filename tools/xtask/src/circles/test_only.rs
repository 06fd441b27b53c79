//! Decides whether an item is there for tests only.

use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Meta, Token};

/// Returns whether an item with these attributes is compiled for tests only.
pub fn for_tests_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        if attribute.path().is_ident("test") {
            return true;
        }
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<Meta>()
                .is_ok_and(|condition| outside_tests(&condition) == Some(false))
    })
}

/// Returns what a condition is outside of tests, if that can be said without the rest of it.
fn outside_tests(condition: &Meta) -> Option<bool> {
    if condition.path().is_ident("test") {
        return Some(false);
    }
    let Meta::List(list) = condition else {
        return None;
    };
    let inner = list
        .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        .ok()?;
    let mut inner = inner.iter().map(outside_tests);
    if list.path.is_ident("not") {
        inner.next()?.map(|value| !value)
    } else if list.path.is_ident("all") {
        inner.any(|value| value == Some(false)).then_some(false)
    } else if list.path.is_ident("any") {
        inner.all(|value| value == Some(false)).then_some(false)
    } else {
        None
    }
}

/// Returns the attributes of an item.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
