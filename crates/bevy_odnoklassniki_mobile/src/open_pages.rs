//! [`OpenPages`]: the pages that are open in another program, which does not report when it closes
//! them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bevy_odnoklassniki::{OkPage, OpenError};

/// Keeps each page until its request is over: dropping it earlier would mean that it is closed.
#[derive(Default)]
pub(crate) struct OpenPages(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    next: u64,
    open: Vec<(u64, OkPage)>,
}

impl OpenPages {
    /// Has `show` show a page by its URL, and keeps the page.
    ///
    /// # Errors
    ///
    /// Returns the error of `show`. The page is not kept then.
    pub(crate) fn open(
        &self,
        page: OkPage,
        show: impl FnOnce(&str) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        show(page.url().expose())?;
        let id = {
            let mut pages = lock(&self.0);
            pages.next += 1;
            pages.next
        };
        let kept = Arc::clone(&self.0);
        page.on_over(move || {
            let mut pages = lock(&kept);
            let over: Vec<_> = pages.open.extract_if(.., |(open, _)| *open == id).collect();
            drop(pages);
            drop(over);
        });
        let mut pages = lock(&self.0);
        // A request that has ended meanwhile has notified already.
        if !page.is_over() {
            pages.open.push((id, page));
        }
        Ok(())
    }
}

fn lock(pages: &Mutex<Pages>) -> MutexGuard<'_, Pages> {
    pages.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
