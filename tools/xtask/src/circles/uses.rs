//! Collects which file needs which.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Stmt, Visibility};

use super::graph::Edge;
use super::resolve::Place;
use super::test_only::{attributes, for_tests_only};
use super::tree::{FileId, ScopeId, Space, Tree, is_reexport, leaves};

/// Returns the edges between the files of a crate, and the paths into the crate that lead nowhere.
pub fn collect(tree: &mut Tree) -> (Vec<Edge>, Vec<String>) {
    let mut edges = BTreeMap::new();
    let mut unresolved = Vec::new();
    for scope in 0..tree.scopes.len() {
        let code = std::mem::take(&mut tree.scopes[scope].code);
        let mut visitor = Visitor {
            tree,
            scope,
            edges: &mut edges,
            unresolved: &mut unresolved,
        };
        code.iter().for_each(|item| visitor.visit_item(item));
    }
    let edges = edges.into_iter().map(|((from, to), (line, item))| Edge {
        from: tree.files()[from].clone(),
        to: tree.files()[to].clone(),
        line,
        item,
    });
    (edges.collect(), unresolved)
}

struct Visitor<'a> {
    tree: &'a mut Tree,
    scope: ScopeId,
    /// Where, and which item, by from and to.
    edges: &'a mut BTreeMap<(FileId, FileId), (usize, String)>,
    unresolved: &'a mut Vec<String>,
}

impl Visitor<'_> {
    fn name(&mut self, path: &[String], space: Space, line: usize) {
        let from = self.tree.scopes[self.scope].file;
        let Some(places) = self.tree.resolve(self.scope, path, space) else {
            let inside = matches!(path[0].as_str(), "crate" | "self" | "super");
            if inside && path.len() > 1 {
                let file = self.tree.files()[from].display();
                self.unresolved
                    .push(format!("{file}:{line}: {}", path.join("::")));
            }
            return;
        };
        for place in places {
            // A module alone is no item; what is taken out of it comes with a longer path.
            if let Place::Item { file, name, .. } = place
                && file != from
            {
                let first = self
                    .edges
                    .entry((from, file))
                    .or_insert((line, name.clone()));
                if line < first.0 {
                    *first = (line, name);
                }
            }
        }
    }

    fn path(&mut self, path: &syn::Path, space: Space) {
        if path.leading_colon.is_some() {
            return;
        }
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.name(&names, space, first.ident.span().start().line);
        }
    }

    /// Names every path among the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let punct = |at: usize, sign: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == sign);
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(ident) => {
                    let line = ident.span().start().line;
                    let mut path = vec![ident.to_string()];
                    // A field, a method, a variable of the macro, or the end of another path.
                    let before = |sign| at > 0 && punct(at - 1, sign);
                    let range = at > 1 && punct(at - 2, '.');
                    let skip = (before('.') && !range)
                        || (before('$') && path[0] != "crate")
                        || (before(':') && at > 1 && punct(at - 2, ':'));
                    while punct(at + 1, ':') && punct(at + 2, ':') {
                        let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else {
                            break;
                        };
                        path.push(next.to_string());
                        at += 3;
                    }
                    if !skip {
                        let space = if punct(at + 1, '!') {
                            Space::MACRO
                        } else {
                            Space::CODE
                        };
                        self.name(&path, space, line);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !for_tests_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if is_reexport(item) {
            return;
        }
        // What is used of a glob is named where it is used.
        for leaf in leaves(item).iter().filter(|leaf| leaf.name.is_some()) {
            self.name(&leaf.path, Space::ALL, leaf.line);
        }
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_some() {
            self.tokens(item.mac.tokens.clone());
        } else {
            self.visit_macro(&item.mac);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.path(&call.path, Space::MACRO);
        self.tokens(call.tokens.clone());
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        let around = self.scope;
        let mut items = block.stmts.iter().filter_map(|statement| match statement {
            Stmt::Item(item) => Some(item),
            _ => None,
        });
        if items.clone().next().is_some() {
            self.scope = self.tree.add_block(around, &mut items);
        }
        visit::visit_block(self, block);
        self.scope = around;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.path(path, Space::CODE);
        visit::visit_path(self, path);
    }

    fn visit_type_path(&mut self, path: &'ast syn::TypePath) {
        self.path(&path.path, Space::TYPE);
        path.qself.iter().for_each(|qself| self.visit_qself(qself));
        visit::visit_path(self, &path.path);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.path(&path.path, Space::VALUE);
        path.qself.iter().for_each(|qself| self.visit_qself(qself));
        visit::visit_path(self, &path.path);
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            syn::ImplItem::Macro(item) => &item.attrs,
            _ => return,
        };
        if !for_tests_only(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_stmt_macro(&mut self, call: &'ast syn::StmtMacro) {
        if !for_tests_only(&call.attrs) {
            visit::visit_stmt_macro(self, call);
        }
    }

    fn visit_field_value(&mut self, value: &'ast syn::FieldValue) {
        if !for_tests_only(&value.attrs) {
            visit::visit_field_value(self, value);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !for_tests_only(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        if !for_tests_only(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if !for_tests_only(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !for_tests_only(&local.attrs) {
            visit::visit_local(self, local);
        }
    }
}
