//! Reads the files of a crate into scopes with names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::{Attribute, Item, ItemMod, ItemUse, Meta, Token, UseTree, Visibility};

use super::test_only::{attributes, for_tests_only};

/// A scope by its position in [`Tree::scopes`].
pub type ScopeId = usize;
/// A file by its position in [`Tree::files`].
pub type FileId = usize;

/// What kinds of names there are; a name can be of several kinds at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Space(u8);

impl Space {
    pub const TYPE: Self = Self(1);
    pub const VALUE: Self = Self(2);
    pub const MACRO: Self = Self(4);
    /// A type or a value.
    pub const CODE: Self = Self(3);
    pub const ALL: Self = Self(7);

    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Target {
    Module(ScopeId),
    /// Defined here; an enum has the names of its variants.
    Item(FileId, Vec<String>),
    /// Brought in by `use`.
    Import(Vec<String>),
}

#[derive(Debug, Clone)]
pub struct Binding {
    pub space: Space,
    pub target: Target,
}

/// A module, or a block of code with items.
#[derive(Default)]
pub struct Scope {
    pub file: FileId,
    /// The module around it; nothing for the root.
    pub parent: Option<ScopeId>,
    /// Whether it is a block, which sees the names around it.
    pub is_block: bool,
    pub names: BTreeMap<String, Vec<Binding>>,
    /// Paths of `use path::*`.
    pub globs: Vec<Vec<String>>,
    /// Names in the input of macro calls, and those that macros of this scope define.
    pub made_by_macros: BTreeSet<String>,
    /// Children whose macros are seen here: `#[macro_use] mod`.
    pub macro_children: Vec<ScopeId>,
    /// Everything but its modules.
    pub code: Vec<Item>,
}

/// A crate.
#[derive(Default)]
pub struct Tree {
    files: Vec<PathBuf>,
    /// Lines for tests only, by file.
    test_lines: Vec<usize>,
    pub scopes: Vec<Scope>,
}

/// Reads a file, if it is there.
pub type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// Where the modules of a file are looked for.
struct Place {
    scope: ScopeId,
    /// Where `mod name;` looks for `name.rs`.
    children: PathBuf,
    /// Where `#[path]` begins.
    paths: PathBuf,
}

impl Tree {
    /// Reads the crate that begins with the file `root`.
    ///
    /// # Errors
    ///
    /// A file is missing or cannot be parsed.
    pub fn read(root: &Path, read: Read<'_>) -> Result<Self, String> {
        let mut tree = Self::default();
        tree.add_file(root, None, true, read)?;
        Ok(tree)
    }

    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    pub fn test_lines(&self) -> impl Iterator<Item = usize> + '_ {
        self.test_lines.iter().copied()
    }

    fn add_file(
        &mut self,
        path: &Path,
        parent: Option<ScopeId>,
        owns_folder: bool,
        read: Read<'_>,
    ) -> Result<ScopeId, String> {
        let text = read(path).ok_or_else(|| format!("{}: cannot be read", path.display()))?;
        let file = syn::parse_file(&text).map_err(|error| {
            let at = error.span().start();
            format!("{}:{}: {error}", path.display(), at.line)
        })?;
        let tests = file
            .items
            .iter()
            .filter(|item| for_tests_only(attributes(item)));
        let test_lines = tests.map(lines).sum();
        // Two `mod` lines, each for some targets, may name the same file.
        let known = self.files.iter().position(|known| known == path);
        let id = known.unwrap_or_else(|| {
            self.files.push(path.to_owned());
            self.test_lines.push(test_lines);
            self.files.len() - 1
        });
        let scope = self.add_scope(Scope {
            file: id,
            parent,
            ..Scope::default()
        });
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let children = if owns_folder {
            folder.clone()
        } else {
            folder.join(path.file_stem().unwrap_or_default())
        };
        let place = Place {
            scope,
            children,
            paths: folder,
        };
        self.add_items(&place, file.items, read)?;
        Ok(scope)
    }

    fn add_scope(&mut self, scope: Scope) -> ScopeId {
        self.scopes.push(scope);
        self.scopes.len() - 1
    }

    fn add_items(&mut self, place: &Place, items: Vec<Item>, read: Read<'_>) -> Result<(), String> {
        for item in items {
            match item {
                Item::Mod(item) if for_tests_only(&item.attrs) => {}
                Item::Mod(item) => self.add_module(place, item, read)?,
                item => {
                    self.bind(place.scope, &item);
                    self.scopes[place.scope].code.push(item);
                }
            }
        }
        Ok(())
    }

    fn add_module(&mut self, place: &Place, item: ItemMod, read: Read<'_>) -> Result<(), String> {
        let name = item.ident.to_string();
        let macro_use = item.attrs.iter().any(|a| a.path().is_ident("macro_use"));
        let mut found = Vec::new();
        if let Some((_, items)) = item.content {
            let scope = self.add_scope(Scope {
                file: self.scopes[place.scope].file,
                parent: Some(place.scope),
                ..Scope::default()
            });
            let folder = place.children.join(&name);
            let inner = Place {
                scope,
                children: folder.clone(),
                paths: folder,
            };
            self.add_items(&inner, items, read)?;
            found.push(scope);
        } else {
            let (flat, folder) = (
                place.children.join(format!("{name}.rs")),
                place.children.join(&name).join("mod.rs"),
            );
            // With `#[cfg_attr(.., path = "..")]` the usual file is there, too.
            let (paths, always) = paths(&item.attrs);
            for path in &paths {
                let file = place.paths.join(path);
                found.push(self.add_file(&file, Some(place.scope), true, read)?);
            }
            if !always && (paths.is_empty() || read(&flat).is_some() || read(&folder).is_some()) {
                let owns_folder = read(&flat).is_none();
                let file = if owns_folder { folder } else { flat };
                found.push(self.add_file(&file, Some(place.scope), owns_folder, read)?);
            }
        }
        for scope in found {
            self.scopes[place.scope].bind(&name, Space::TYPE, Target::Module(scope));
            if macro_use {
                self.scopes[place.scope].macro_children.push(scope);
            }
        }
        Ok(())
    }

    /// Adds a scope for a block of code that has items.
    pub fn add_block<'a>(
        &mut self,
        around: ScopeId,
        items: impl Iterator<Item = &'a Item>,
    ) -> ScopeId {
        let scope = self.add_scope(Scope {
            file: self.scopes[around].file,
            parent: Some(around),
            is_block: true,
            ..Scope::default()
        });
        items.for_each(|item| self.bind(scope, item));
        scope
    }

    /// Binds in a scope the names that an item brings.
    fn bind(&mut self, scope: ScopeId, item: &Item) {
        if for_tests_only(attributes(item)) {
            return;
        }
        let file = self.scopes[scope].file;
        let here = &mut self.scopes[scope];
        let mut name = |name: &syn::Ident, space| {
            here.bind(&name.to_string(), space, Target::Item(file, Vec::new()));
        };
        match item {
            Item::Const(item) => name(&item.ident, Space::VALUE),
            Item::Static(item) => name(&item.ident, Space::VALUE),
            Item::Fn(item) => name(&item.sig.ident, Space::VALUE),
            Item::Struct(item) => name(&item.ident, Space::CODE),
            Item::Union(item) => name(&item.ident, Space::TYPE),
            Item::Trait(item) => name(&item.ident, Space::TYPE),
            Item::TraitAlias(item) => name(&item.ident, Space::TYPE),
            Item::Type(item) => name(&item.ident, Space::TYPE),
            Item::Enum(item) => {
                let variants = item.variants.iter().map(|v| v.ident.to_string());
                let target = Target::Item(file, variants.collect());
                here.bind(&item.ident.to_string(), Space::TYPE, target);
            }
            Item::Macro(item) => match &item.ident {
                Some(ident) => {
                    name(ident, Space::MACRO);
                    defined_names(item.mac.tokens.clone(), &mut here.made_by_macros);
                    if item.attrs.iter().any(|a| a.path().is_ident("macro_export")) {
                        let target = Target::Item(file, Vec::new());
                        self.scopes[0].bind(&ident.to_string(), Space::MACRO, target);
                    }
                }
                None => identifiers(item.mac.tokens.clone(), &mut here.made_by_macros),
            },
            Item::Use(item) => {
                for leaf in leaves(item) {
                    match leaf.name {
                        Some(name) => here.bind(&name, Space::ALL, Target::Import(leaf.path)),
                        None => here.globs.push(leaf.path),
                    }
                }
            }
            _ => {}
        }
    }
}

impl Scope {
    fn bind(&mut self, name: &str, space: Space, target: Target) {
        let all = self.names.entry(name.to_owned()).or_default();
        all.push(Binding { space, target });
    }
}

/// One path of a `use`.
pub struct Leaf {
    pub path: Vec<String>,
    /// The name it has here; nothing for `*`.
    pub name: Option<String>,
    pub line: usize,
}

/// Returns the paths of a `use`, one by one.
pub fn leaves(item: &ItemUse) -> Vec<Leaf> {
    let mut found = Vec::new();
    // `::name` is another crate.
    if item.leading_colon.is_none() {
        walk(&item.tree, &mut Vec::new(), &mut found);
    }
    found
}

fn walk(tree: &UseTree, path: &mut Vec<String>, found: &mut Vec<Leaf>) {
    let mut leaf = |ident: &syn::Ident, name: Option<&syn::Ident>| {
        let mut path = path.clone();
        // `path::{self}` is the path itself.
        if ident != "self" || path.is_empty() {
            path.push(ident.to_string());
        }
        let name = name
            .map(ToString::to_string)
            .or_else(|| path.last().cloned());
        found.push(Leaf {
            path,
            name,
            line: ident.span().start().line,
        });
    };
    match tree {
        UseTree::Path(part) => {
            path.push(part.ident.to_string());
            walk(&part.tree, path, found);
            path.pop();
        }
        UseTree::Name(part) => leaf(&part.ident, None),
        UseTree::Rename(part) => leaf(&part.ident, Some(&part.rename)),
        UseTree::Glob(part) => found.push(Leaf {
            path: path.clone(),
            name: None,
            line: part.star_token.spans[0].start().line,
        }),
        UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, path, found)),
    }
}

/// Returns whether a `use` only hands names on.
pub fn is_reexport(item: &ItemUse) -> bool {
    !matches!(item.vis, Visibility::Inherited)
}

/// Returns the files that `#[path]` names, and whether there is no other one.
fn paths(attributes: &[Attribute]) -> (Vec<String>, bool) {
    let mut found = Vec::new();
    let mut always = false;
    for attribute in attributes {
        if attribute.path().is_ident("path") {
            always = true;
            found.extend(value(&attribute.meta));
        } else if attribute.path().is_ident("cfg_attr") {
            let parse = syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated;
            let inner = attribute.parse_args_with(parse).unwrap_or_default();
            let path = inner
                .iter()
                .skip(1)
                .filter(|meta| meta.path().is_ident("path"));
            found.extend(path.filter_map(value));
        }
    }
    (found, always)
}

fn value(meta: &Meta) -> Option<String> {
    let Meta::NameValue(pair) = meta else {
        return None;
    };
    match &pair.value {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

fn lines(item: &Item) -> usize {
    let span = item.span();
    span.end().line + 1 - span.start().line
}

fn identifiers(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => _ = found.insert(ident.to_string()),
            TokenTree::Group(group) => identifiers(group.stream(), found),
            _ => {}
        }
    }
}

/// Adds the names that the body of a macro defines.
fn defined_names(tokens: TokenStream, found: &mut BTreeSet<String>) {
    const DEFINES: [&str; 8] = [
        "const", "enum", "fn", "static", "struct", "trait", "type", "union",
    ];
    let mut before = String::new();
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if DEFINES.contains(&before.as_str()) => {
                _ = found.insert(ident.to_string());
            }
            TokenTree::Group(group) => defined_names(group.stream(), found),
            _ => {}
        }
        before = token.to_string();
    }
}
