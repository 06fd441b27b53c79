//! Follows a path to the file that defines the item.

use super::tree::{FileId, Scope, ScopeId, Space, Target, Tree};

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Module(ScopeId),
    Item {
        file: FileId,
        name: String,
        variants: Vec<String>,
    },
}

/// Names being looked up, against circles of `use`.
type Open = Vec<(ScopeId, String, Space)>;

impl Tree {
    /// Returns where a path leads that stands in `scope`; there can be several places, because
    /// which of two modules is compiled is not known. Nothing: no name of this crate.
    pub fn resolve(&self, scope: ScopeId, path: &[String], space: Space) -> Option<Vec<Place>> {
        self.follow(scope, path, space, &mut Vec::new())
    }

    fn follow(
        &self,
        scope: ScopeId,
        path: &[String],
        last: Space,
        open: &mut Open,
    ) -> Option<Vec<Place>> {
        let (first, mut rest) = path.split_first()?;
        let space = |rest: &[String]| if rest.is_empty() { last } else { Space::TYPE };
        let module = self.module_of(scope);
        let mut places = match first.as_str() {
            "crate" => vec![Place::Module(0)],
            "self" => vec![Place::Module(module)],
            "super" => {
                let mut module = self.scopes[module].parent?;
                module = self.module_of(module);
                while rest.first().is_some_and(|next| next == "super") {
                    module = self.module_of(self.scopes[module].parent?);
                    rest = &rest[1..];
                }
                vec![Place::Module(module)]
            }
            name => self.see(scope, name, space(rest), open)?,
        };
        while let Some((name, after)) = rest.split_first() {
            rest = after;
            let mut next = Vec::new();
            let mut known = false;
            for place in places {
                match place {
                    Place::Module(module) => {
                        if let Some(found) = self.look(module, name, space(rest), open) {
                            known = true;
                            next.extend(found);
                        }
                    }
                    // What belongs to an item is defined with it.
                    item @ Place::Item { .. } => {
                        known = true;
                        next.push(item);
                    }
                }
            }
            if !known {
                return None;
            }
            places = next;
        }
        Some(places)
    }

    /// Looks up a name that stands alone, or first in a path.
    fn see(&self, scope: ScopeId, name: &str, space: Space, open: &mut Open) -> Option<Vec<Place>> {
        let mut at = Some(scope);
        while let Some(scope) = at {
            if let Some(found) = self.look(scope, name, space, open) {
                return Some(found);
            }
            let here = &self.scopes[scope];
            // Macros are seen by what comes after them, inside modules, too.
            at = here
                .parent
                .filter(|_| here.is_block || space == Space::MACRO);
        }
        None
    }

    /// Looks up a name among those of one scope.
    fn look(
        &self,
        scope: ScopeId,
        name: &str,
        space: Space,
        open: &mut Open,
    ) -> Option<Vec<Place>> {
        let key = (scope, name.to_owned(), space);
        if open.contains(&key) {
            return None;
        }
        open.push(key);
        let found = self.look_once(scope, name, space, open);
        open.pop();
        found
    }

    fn look_once(
        &self,
        scope: ScopeId,
        name: &str,
        space: Space,
        open: &mut Open,
    ) -> Option<Vec<Place>> {
        let here = &self.scopes[scope];
        let bindings = here.names.get(name).into_iter().flatten();
        let mut found: Option<Vec<Place>> = None;
        for binding in bindings.filter(|binding| binding.space.meets(space)) {
            let places = match &binding.target {
                Target::Module(module) => vec![Place::Module(*module)],
                Target::Item(file, variants) => vec![Place::Item {
                    file: *file,
                    name: name.to_owned(),
                    variants: variants.clone(),
                }],
                // Bound, even if it leads out of the crate.
                Target::Import(path) => self.follow(scope, path, space, open).unwrap_or_default(),
            };
            found.get_or_insert_default().extend(places);
        }
        if found.is_some() {
            return found;
        }
        for path in &here.globs {
            for place in self
                .follow(scope, path, Space::TYPE, open)
                .into_iter()
                .flatten()
            {
                match place {
                    Place::Module(module) => {
                        if let Some(places) = self.look(module, name, space, open) {
                            return Some(places);
                        }
                    }
                    Place::Item { ref variants, .. } => {
                        if variants.iter().any(|variant| variant == name) {
                            return Some(vec![place]);
                        }
                    }
                }
            }
        }
        if space.meets(Space::MACRO) {
            for &child in &here.macro_children {
                if let Some(places) = self.look(child, name, Space::MACRO, open) {
                    return Some(places);
                }
            }
        }
        here.made_by_macros.contains(name).then(|| {
            vec![Place::Item {
                file: here.file,
                name: name.to_owned(),
                variants: Vec::new(),
            }]
        })
    }

    /// Returns the module that a scope is, or is in.
    fn module_of(&self, mut scope: ScopeId) -> ScopeId {
        while let Scope {
            is_block: true,
            parent: Some(parent),
            ..
        } = self.scopes[scope]
        {
            scope = parent;
        }
        scope
    }
}
