//! Weights of layers through the command line: what fits, what is named when it does not, what is written.
#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod place;

use attractor_data::stream;
use attractor_nets::hopfield::{Exchange, HopfieldConfig, HopfieldPoolingConfig, StateDict};
use burn::tensor::Device;

use place::Place;

const OPTIONS: &str = "layer = \"pooling\"\ninput_size = 6\nnum_heads = 2\nquantity = 3\nscaling = 0.25\n";

/// A folder with the weights of a pooling, and its options.
fn place() -> Place {
    let place = Place::new();
    let config = HopfieldPoolingConfig::new(HopfieldConfig::of(6).with_num_heads(2)).with_quantity(3);
    let pooling = config.init(&Device::flex(), &mut stream(1, "weights")).unwrap();
    pooling.state_dict().unwrap().write(place.path("pooling.safetensors")).unwrap();
    std::fs::write(place.path("pooling.toml"), OPTIONS).unwrap();
    place
}

#[test]
fn what_fits_is_listed_and_converted() {
    let place = place();
    let found = place.json("weights check pooling.safetensors --options pooling.toml");
    let names: Vec<&str> = found[0]["tensors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tensor| tensor["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"pooling_weights") && names.contains(&"hopfield.association_core.in_proj_weight")
    );
    // The file's own beta, one over the square root of 3, and not that of the options.
    assert!((found[0]["beta"][1].as_f64().unwrap() - 3f64.sqrt().recip()).abs() < 1e-6);
    assert_eq!(found[0]["beta_in_file"], true);

    // The layer inside alone, as a layer without pooling has it; its options as JSON.
    std::fs::write(place.path("inside.json"), r#"{ "input_size": 6, "num_heads": 2 }"#).unwrap();
    let line =
        "weights convert pooling.safetensors inside.safetensors --options inside.json --prefix hopfield.";
    assert!(place.ok(line).contains("written to inside.safetensors"));
    let all = StateDict::read(place.path("pooling.safetensors")).unwrap();
    assert_eq!(StateDict::read(place.path("inside.safetensors")).unwrap(), all.under("hopfield."));
    place.ok("weights check inside.safetensors --options inside.json");
}

#[test]
fn what_does_not_fit_is_named() {
    let place = place();
    let check = "weights check pooling.safetensors --options other.toml";
    let options = |text: &str| std::fs::write(place.path("other.toml"), text).unwrap();
    options(&OPTIONS.replace("quantity = 3", "quantity = 4"));
    place.refused(check, &["pooling.safetensors", "pooling_weights: expected [1, 4, 6], found [1, 3, 6]"]);
    options(&OPTIONS.replace("pooling", "lookup"));
    place.refused(check, &["missing [lookup_weights [1, 3, 6]]", "unexpected [pooling_weights [1, 3, 6]]"]);
    options(&format!("{OPTIONS}state_pattern_as_statik = true\n"));
    place.refused(check, &["other.toml", "state_pattern_as_statik: is no option"]);
    options("input_size = \n");
    place.refused(check, &["other.toml", "line 1"]);
    place.refused("weights check pooling.toml --options pooling.toml", &["pooling.toml"]);
    place.refused("weights check pooling.safetensors --options none.toml", &["none.toml"]);
}
