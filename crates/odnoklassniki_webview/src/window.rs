//! The event loop: one window with one view, for as long as the game holds standard input open.

use std::io;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use tao::event::{Event, WindowEvent};
use tao::event_loop::{ControlFlow, EventLoopBuilder, EventLoopProxy};

use crate::order::Order;
use crate::output::Output;
use crate::protocol::{Command, Report, read_line};
use crate::view::Shown;

/// How long the game may take to say what a returned URL was. It takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the window may take to close.
const GRACE: Duration = Duration::from_millis(500);

/// Serves the game, and ends this process.
pub(crate) fn serve() -> ! {
    let Ok(output) = Output::take() else {
        process::exit(1)
    };
    if let Err(why) = crate::view::prepare() {
        output.send(&Report::Failed(why));
        process::exit(1);
    }
    #[cfg_attr(
        not(target_os = "macos"),
        expect(unused_mut, reason = "only macOS changes it")
    )]
    let mut events = EventLoopBuilder::<Order>::with_user_event().build();
    #[cfg(target_os = "macos")]
    {
        use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS as _};
        // The game has the icon in the dock.
        events.set_activation_policy(ActivationPolicy::Accessory);
    }
    let proxy = events.create_proxy();
    read_orders(proxy.clone());
    output.send(&Report::Hello);

    let mut shown: Option<Shown> = None;
    let mut answer_until: Option<Instant> = None;
    events.run(move |event, target, flow| {
        *flow = answer_until.map_or(ControlFlow::Wait, ControlFlow::WaitUntil);
        let end = match event {
            Event::UserEvent(Order::Command(Command::Show(page))) if shown.is_none() => {
                match Shown::open(*page, target, &output, &proxy) {
                    Ok(view) => {
                        shown = Some(view);
                        (!output.send(&Report::Shown)).then_some(None)
                    }
                    Err(why) => Some(Some(Report::Failed(why))),
                }
            }
            Event::UserEvent(Order::Command(Command::Show(_))) => {
                Some(Some(Report::Failed("the game has sent a second page")))
            }
            Event::UserEvent(Order::Command(Command::Resume)) => {
                answer_until = None;
                if let Some(shown) = &shown {
                    shown.resume();
                }
                None
            }
            Event::UserEvent(Order::At(host)) => {
                if let Some(shown) = &shown {
                    shown.set_origin(&host);
                }
                (!output.send(&Report::At(&host))).then_some(None)
            }
            Event::UserEvent(Order::Returned) => {
                answer_until = Some(Instant::now() + PATIENCE);
                None
            }
            Event::UserEvent(Order::Refuse(why)) => {
                output.send(&Report::Failed(&why));
                Some(None)
            }
            Event::UserEvent(Order::Lost) => Some(Some(Report::Failed("the page has crashed"))),
            Event::UserEvent(Order::Closed)
            | Event::WindowEvent {
                event: WindowEvent::CloseRequested | WindowEvent::Destroyed,
                ..
            } => Some(Some(Report::Closed)),
            Event::UserEvent(Order::Quit) => Some(None),
            _ if answer_until.is_some_and(|until| Instant::now() >= until) => Some(None),
            _ => None,
        };
        if let Some(last) = end {
            // After a return it does not matter how the window goes.
            if let Some(last) = last.filter(|_| answer_until.is_none()) {
                output.send(&last);
            }
            shown = None;
            *flow = ControlFlow::Exit;
        } else if let Some(until) = answer_until {
            *flow = ControlFlow::WaitUntil(until);
        }
    })
}

/// Reads what the game sends, on a thread.
fn read_orders(proxy: EventLoopProxy<Order>) {
    let read = move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(line)) = read_line(&mut input) {
            let order = match Command::parse(&line) {
                Ok(command) => Order::Command(command),
                Err(bad) => Order::Refuse(bad.to_string()),
            };
            if proxy.send_event(order).is_err() {
                break;
            }
        }
        _ = proxy.send_event(Order::Quit);
        // The event loop ends the process. An engine that hangs must not keep its window.
        thread::sleep(GRACE);
        process::exit(0);
    };
    if thread::Builder::new()
        .name("ok-game".to_owned())
        .spawn(read)
        .is_err()
    {
        process::exit(1);
    }
}
