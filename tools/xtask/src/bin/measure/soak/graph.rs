//! Memory and latency over the run, as a picture.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use plotters::prelude::*;

/// What was seen after some flows.
pub struct Sample {
    pub flows: usize,
    pub resident_kib: u64,
    pub descriptors: usize,
    pub threads: usize,
    /// From the callback to the result, since the sample before.
    pub p50: Duration,
    pub p99: Duration,
}

const SIZE: (u32, u32) = (960, 640);
const MEMORY: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const TYPICAL: RGBColor = RGBColor(0x2c, 0xa0, 0x2c);
const SLOW: RGBColor = RGBColor(0xee, 0x82, 0x08);

/// Draws all samples into a PNG file.
///
/// # Errors
///
/// The file cannot be written.
pub fn draw(path: &Path, samples: &[Sample]) -> Result<(), Box<dyn Error>> {
    // A machine that tests may have no fonts.
    plotters::style::register_font(
        "sans-serif",
        FontStyle::Normal,
        epaint_default_fonts::UBUNTU_LIGHT,
    )
    .map_err(|_| "the font cannot be read")?;
    let picture = BitMapBackend::new(path, SIZE).into_drawing_area();
    picture.fill(&WHITE)?;
    let (memory, latency) = picture.split_vertically(SIZE.1 / 2);
    let mib = |sample: &Sample| sample.resident_kib as f64 / 1024.0;
    chart(
        &memory,
        "Resident memory, MiB",
        samples,
        &[("memory", MEMORY, &mib)],
    )?;
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let (p50, p99) = (
        |sample: &Sample| millis(sample.p50),
        |sample: &Sample| millis(sample.p99),
    );
    chart(
        &latency,
        "From the callback to the result, ms",
        samples,
        &[("p50", TYPICAL, &p50), ("p99", SLOW, &p99)],
    )?;
    picture.present()?;
    Ok(())
}

/// A name, its color, and its value in a sample.
type Line<'a> = (&'a str, RGBColor, &'a dyn Fn(&Sample) -> f64);

fn chart(
    area: &DrawingArea<BitMapBackend<'_>, plotters::coord::Shift>,
    title: &str,
    samples: &[Sample],
    lines: &[Line<'_>],
) -> Result<(), Box<dyn Error>> {
    let flows = samples.last().map_or(1, |sample| sample.flows);
    let top = lines
        .iter()
        .flat_map(|(.., value)| samples.iter().map(value))
        .fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .margin_right(32)
        .x_label_area_size(32)
        .y_label_area_size(56)
        .build_cartesian_2d(0..flows, 0.0..top * 1.15)?;
    chart
        .configure_mesh()
        .x_desc("flows")
        .light_line_style(WHITE)
        .draw()?;
    for &(name, color, value) in lines {
        let points = samples.iter().map(|sample| (sample.flows, value(sample)));
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
    }
    if lines.len() > 1 {
        chart
            .configure_series_labels()
            .background_style(WHITE)
            .border_style(BLACK.mix(0.3))
            .draw()?;
    }
    Ok(())
}
