// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/generic/window.hpp"
#include "kernels/isa/dsp/finish.hpp"
#include "kernels/isa/dsp/packing.hpp"

namespace tinyml::kernels::generic {

/// A 3x3 depthwise convolution with a stride of 1 or 2. Filter: nine taps a channel. The bias holds
/// what the input's zero point adds.
template <typename Arithmetic> struct DepthwiseLines {
  Window window;
  const std::int8_t *filter;
  std::int8_t padding; ///< the input's zero point
  Arithmetic arithmetic;
};

/// A channel's taps as pairs of halves, so that two products take one instruction.
struct LineTaps {
  std::uint32_t first[3]; ///< taps 0 and 1 of a row
  std::uint32_t last[3];  ///< taps 1 and 2

  explicit LineTaps(const std::int8_t *taps) {
    for (int row = 0; row < 3; ++row, taps += 3) {
      const auto half = [](std::int8_t tap) {
        return static_cast<std::uint32_t>(static_cast<std::uint16_t>(tap));
      };
      first[row] = half(taps[0]) | half(taps[1]) << 16;
      last[row] = half(taps[1]) | half(taps[2]) << 16;
    }
  }
  /// A new row has taken the place of the oldest: its line is now the window's last.
  void rotate() {
    const std::uint32_t a = first[2];
    const std::uint32_t b = last[2];
    first[2] = first[1];
    last[2] = last[1];
    first[1] = first[0];
    last[1] = last[0];
    first[0] = a;
    last[0] = b;
  }
};

/// Three rows of one channel, widened and padded, interleaved: two neighbours of each row after
/// another. Rows come in order; each takes the place of the oldest, in turn.
class ChannelLines {
public:
  ChannelLines(void *scratch, const Window &w)
      : held_(static_cast<std::int16_t *>(scratch)),
        length_(isa::depthwise_line_length(w.input_width, w.output_width, w.stride_width,
                                           w.pad_left)) {}

  void pad_all(std::int16_t padding) {
    for (int i = 0; i < 3 * length_; ++i) {
      held_[i] = padding;
    }
  }
  /// Element `x` of a line; the next pair is 6 further.
  [[nodiscard]] std::int16_t *at(int line, int x) const {
    return held_ + (x >> 1) * 6 + line * 2 + (x & 1);
  }
  [[nodiscard]] const std::uint32_t *pairs() const {
    return reinterpret_cast<const std::uint32_t *>(held_);
  }
  /// Room for the sums of one row of outputs.
  [[nodiscard]] std::int32_t *sums() const {
    return reinterpret_cast<std::int32_t *>(held_ + 3 * length_);
  }

private:
  std::int16_t *held_;
  int length_;
};

/// Fills a line with row `y` of a channel; outside of the image it is all padding.
inline void take_row(const ChannelLines &lines, int line, const Window &w,
                     const std::int8_t *channel, int y, std::int16_t padding) {
  int count = w.input_width;
  int step = w.input_channels;
  const std::int8_t outside = static_cast<std::int8_t>(padding);
  const std::int8_t *from = channel + y * w.input_width * step;
  if (y < 0 || y >= w.input_height) {
    from = &outside;
    step = 0;
  }
  std::int16_t *to = lines.at(line, w.pad_left);
  if (w.pad_left != 0) { // the first element is the second one of its pair
    *to = *from;
    from += step;
    to += 5;
    --count;
  }
  for (; count > 1; count -= 2, to += 6) {
    to[0] = *from;
    from += step;
    to[1] = *from;
    from += step;
  }
  if (count > 0) {
    to[0] = *from;
  }
}

/// Two neighbouring windows share their loads; the second one begins at the odd halves. All six
/// pairs of taps stay in registers.
inline void sum_windows(const std::uint32_t *pair, const LineTaps &taps, std::int32_t start,
                        int count, std::int32_t *sums) {
  const auto add = [&pair](std::int32_t &even, std::int32_t &odd, int row, std::uint32_t first,
                           std::uint32_t last) {
    const std::uint32_t left = pair[row];
    even = isa::dsp::multiply_pair(even, left, first);
    odd = isa::dsp::multiply_high_low(odd, left, first);
    const std::uint32_t right = pair[row + 3];
    even = isa::dsp::multiply_low_high(even, right, last);
    odd = isa::dsp::multiply_pair(odd, right, last);
  };
  const LineTaps t = taps;
  for (; count > 0; count -= 2, pair += 3, sums += 2) {
    std::int32_t even = start;
    std::int32_t odd = start;
    add(even, odd, 0, t.first[0], t.last[0]);
    add(even, odd, 1, t.first[1], t.last[1]);
    add(even, odd, 2, t.first[2], t.last[2]);
    sums[0] = even;
    sums[1] = odd;
  }
}

/// Every second window only.
inline void sum_wide_windows(const std::uint32_t *pair, const LineTaps &taps, std::int32_t start,
                             int count, std::int32_t *sums) {
  const auto add = [&pair](std::int32_t sum, int row, std::uint32_t first, std::uint32_t last) {
    return isa::dsp::multiply_low_high(isa::dsp::multiply_pair(sum, pair[row], first),
                                       pair[row + 3], last);
  };
  const LineTaps t = taps;
  for (; count > 0; --count, pair += 3) {
    const std::int32_t sum = add(start, 0, t.first[0], t.last[0]);
    *sums++ = add(add(sum, 1, t.first[1], t.last[1]), 2, t.first[2], t.last[2]);
  }
}

template <typename Finish>
inline void finish_row(const Finish finish, const std::int32_t *sums, int count,
                       std::int8_t *output, int step) {
  for (; count > 1; count -= 2, sums += 2) {
    *output = finish(sums[0]);
    output += step;
    *output = finish(sums[1]);
    output += step;
  }
  if (count > 0) {
    *output = finish(*sums);
  }
}

/// One channel of one image: a row is written when the rows it needs have been taken.
template <typename Arithmetic>
inline void channel_by_lines(const DepthwiseLines<Arithmetic> &p, const Window &w,
                             const ChannelLines &lines, int channel, const std::int8_t *input,
                             std::int8_t *output) {
  const auto finish = isa::dsp::finish_of(p.arithmetic, channel);
  LineTaps taps(p.filter + channel * 9);
  int line = 0;
  int taken = -w.pad_top;
  for (int y = 0, top = -w.pad_top; y < w.output_height; ++y, top += w.stride_height) {
    for (; taken < top + 3; ++taken) {
      take_row(lines, line, w, input, taken, p.padding);
      line = line == 2 ? 0 : line + 1;
      if (taken + w.pad_top > 2) { // not one of the first three
        taps.rotate();
      }
    }
    if (w.stride_width == 1) {
      sum_windows(lines.pairs(), taps, finish.start(), w.output_width, lines.sums());
    } else {
      sum_wide_windows(lines.pairs(), taps, finish.start(), w.output_width, lines.sums());
    }
    finish_row(finish, lines.sums(), w.output_width, output, w.input_channels);
    isa::dsp::clamp_bytes(p.arithmetic, output, w.output_width, w.input_channels);
    output += w.output_width * w.input_channels;
  }
}

/// Channel by channel: `output` may be `input` (and otherwise lies apart).
template <typename Arithmetic, typename Layer>
inline void depthwise_lines(const Layer &layer, const std::int8_t *input, std::int8_t *output,
                            void *scratch) {
  const DepthwiseLines<Arithmetic> p = layer;
  const Window w = p.window;
  ChannelLines lines(scratch, w);
  lines.pad_all(p.padding);
  for (int batch = 0; batch < w.batches; ++batch) {
    for (int channel = 0; channel < w.input_channels; ++channel) {
      channel_by_lines(p, w, lines, channel, input + channel, output + channel);
    }
    input += w.input_height * w.input_width * w.input_channels;
    output += w.output_height * w.output_width * w.input_channels;
  }
}

} // namespace tinyml::kernels::generic
