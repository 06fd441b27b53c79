//! Stands in for `sandbox_tab.rs` where there is no sandbox: on the web, and without the feature.

use core::marker::PhantomData;

use bevy_ecs::system::SystemParam;
use bevy_egui::egui::Ui;

#[derive(SystemParam)]
pub(crate) struct SandboxParam<'w>(PhantomData<&'w ()>);

impl SandboxParam<'_> {
    pub(crate) fn is_running(&self) -> bool {
        false
    }
}

#[derive(Default)]
pub(crate) struct BehaviorEditor {}

pub(crate) fn show(_: &mut Ui, _: &SandboxParam, _: &mut BehaviorEditor) {}
