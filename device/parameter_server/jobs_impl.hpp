// SPDX-License-Identifier: Apache-2.0
// The member functions of Jobs; included by jobs.hpp alone.
#pragma once

#include "device/parameter_server/jobs.hpp"

namespace tinyml::device {

template <store::Flash Flash>
training::Refusal Jobs<Flash>::inspect(std::uint8_t slot, training::UpdateHeader &header,
                                       float &norm) {
  using training::Refusal;
  const store::Region place = plan_->slots[slot];
  std::uint8_t head[training::UpdateHeader::kBytes];
  if (flash_.read(place.offset, head) != hal::Status::kOk) {
    return Refusal::kMalformed;
  }
  const auto decoded = training::decode<training::UpdateHeader>(head);
  if (!decoded || decoded->coding != settings().update_coding ||
      decoded->parameter_count != settings().parameter_count) {
    return Refusal::kMalformed;
  }
  header = *decoded;
  std::uint32_t crc = crc32(head);
  float squares = 0;
  bool finite = true;
  const std::uint32_t total = settings().parameter_count;
  for (std::uint32_t index = 0; index * kBlockValues < total; ++index) {
    const BlockRange range = BlockRange::of(index, total);
    if (!coded_.read(flash_, codes_of_slot(slot), update_coding(), range)) {
      return Refusal::kMalformed;
    }
    crc = crc32(ByteView(coded_.bytes, training::coded_bytes(update_coding(), range.count)), crc);
    finite = finite && coded_.decode(update_coding(), values_.first(range.count));
    squares += finite ? training::sum_of_squares(values_.first(range.count)) : 0;
  }
  std::uint8_t trailer[training::kTrailerBytes];
  const std::uint32_t at = codes_of_slot(slot) + training::coded_bytes(update_coding(), total);
  if (flash_.read(at, trailer) != hal::Status::kOk || load_le<std::uint32_t>(trailer) != crc) {
    return Refusal::kMalformed;
  }
  norm = training::square_root(squares);
  const bool too_long = settings().refuse_norm > 0 && norm > settings().refuse_norm;
  return !finite || squares - squares != 0 ? Refusal::kNotFinite
         : too_long                        ? Refusal::kNormTooLarge
                                           : Refusal::kNone;
}

template <store::Flash Flash>
bool Jobs<Flash>::begin_fold(const Contribution &update, bool first, std::uint32_t to) {
  folded_ = update;
  first_fold_ = first;
  target_ = to;
  begin(Kind::kFold);
  return erase(flash_, plan_->sums[to]);
}

template <store::Flash Flash>
bool Jobs<Flash>::begin_aggregate(const Contributions &contributions, ByteView header,
                                  const store::Region &out) {
  contributions_ = &contributions;
  begin(Kind::kAggregate);
  for (const RegionRow *row : {&plan_->residual, &plan_->first, &plan_->second}) {
    if (row->count != 0 && !erase(flash_, next(*row))) {
      return false;
    }
  }
  return writer_.begin(out) && writer_.append(header);
}

template <store::Flash Flash>
bool Jobs<Flash>::begin_apply(const store::Region &delta, const training::DeltaHeader &header,
                              std::uint32_t model_area) {
  delta_ = delta;
  delta_header_ = header;
  target_ = model_area;
  squares_ = 0;
  begin(Kind::kApply);
  return erase(flash_, plan_->models[model_area]) &&
         (plan_->control.count == 0 ||
          erase(flash_, plan_->control[1U - commit_->control_generation]));
}

template <store::Flash Flash> JobState Jobs<Flash>::step() {
  if (kind_ == Kind::kNone) {
    return JobState::kIdle;
  }
  const std::uint32_t total = settings().parameter_count;
  bool good = step_block(BlockRange::of(index_, total));
  const bool last = ++index_ * kBlockValues >= total;
  if (good && !last) {
    return JobState::kBusy;
  }
  good = good && finish();
  kind_ = Kind::kNone;
  return good ? JobState::kDone : JobState::kFailed;
}

template <store::Flash Flash> bool Jobs<Flash>::step_block(const BlockRange &range) {
  switch (kind_) {
  case Kind::kFold:
    return fold(range);
  case Kind::kAggregate:
    return aggregate(range);
  case Kind::kApply:
    return apply(range);
  case Kind::kNone:
    break;
  }
  return false;
}

template <store::Flash Flash> bool Jobs<Flash>::finish() {
  return kind_ != Kind::kAggregate || (writer_.append_crc() && writer_.finish());
}

template <store::Flash Flash> bool Jobs<Flash>::fold(const BlockRange &range) {
  const auto values = values_.first(range.count);
  std::fill(values.begin(), values.end(), 0.0F);
  if (!first_fold_ && !read_block(flash_, plan_->sums[1 - target_], range, values_)) {
    return false;
  }
  const auto update = second_.first(range.count);
  if (!coded_.read(flash_, codes_of_slot(folded_.slot), update_coding(), range) ||
      !coded_.decode(update_coding(), update)) {
    return false;
  }
  training::add_weighted(values, update, folded_.weight);
  return write_block(flash_, plan_->sums[target_], range, values_);
}

template <store::Flash Flash> bool Jobs<Flash>::aggregate(const BlockRange &range) {
  return collect(range) && (is_edge() || strategy_step(range)) && put_out(range);
}

/// The aggregate of the block in values_.
template <store::Flash Flash> bool Jobs<Flash>::collect(const BlockRange &range) {
  if (plan_->folded) {
    return collect_sum(range);
  }
  return settings().aggregation == training::Aggregation::kMedian ? collect_median(range)
                                                                  : collect_mean(range);
}

template <store::Flash Flash> bool Jobs<Flash>::collect_sum(const BlockRange &range) {
  if (!read_block(flash_, plan_->sums[contributions_->sum_area], range, values_)) {
    return false;
  }
  training::scale(values_.first(range.count), 1 / contributions_->total_weight);
  return true;
}

template <store::Flash Flash> bool Jobs<Flash>::collect_mean(const BlockRange &range) {
  const auto sum = values_.first(range.count);
  const auto update = second_.first(range.count);
  std::fill(sum.begin(), sum.end(), 0.0F);
  for (std::uint32_t i = 0; i < contributions_->count; ++i) {
    const Contribution &from = contributions_->list[i];
    if (!coded_.read(flash_, codes_of_slot(from.slot), update_coding(), range) ||
        !coded_.decode(update_coding(), update)) {
      return false;
    }
    training::add_weighted(sum, update, from.weight);
  }
  return true;
}

/// As many coordinates at a time as third_ has room for all workers' values.
template <store::Flash Flash> bool Jobs<Flash>::collect_median(const BlockRange &range) {
  const std::uint32_t most = kBlockValues / contributions_->count;
  for (std::uint32_t done = 0; done < range.count;) {
    const std::uint32_t part = done / training::kBlockValues * training::kBlockValues;
    const std::uint32_t part_end = std::min(part + training::kBlockValues, range.count);
    const std::uint32_t count = std::min(most, part_end - done);
    if (!gather({range.first + part, part_end - part}, done - part, count)) {
      return false;
    }
    training::coordinate_medians(third_.first(count * contributions_->count), contributions_->count,
                                 values_.first(range.count).subspan(done, count));
    done += count;
  }
  return true;
}

/// Coordinates within, …, within + count - 1 of a block of codes, of all workers, in columns.
template <store::Flash Flash>
bool Jobs<Flash>::gather(const BlockRange &part, std::uint32_t within, std::uint32_t count) {
  const std::uint32_t workers = contributions_->count;
  const auto update = second_.first(part.count);
  for (std::uint32_t k = 0; k < workers; ++k) {
    if (!coded_.read(flash_, codes_of_slot(contributions_->list[k].slot), update_coding(), part) ||
        !coded_.decode(update_coding(), update)) {
      return false;
    }
    training::scale(update, contributions_->list[k].weight);
    for (std::uint32_t i = 0; i < count; ++i) {
      third_.values[i * workers + k] = update[within + i];
    }
  }
  return true;
}

template <store::Flash Flash>
bool Jobs<Flash>::load_vector(const RegionRow &row, const BlockRange &range, float initial,
                              Block &to) {
  if (row.count == 0 || !commit_->has_vectors) {
    const auto values = to.first(range.count);
    std::fill(values.begin(), values.end(), initial);
    return true;
  }
  return read_block(flash_, current(row), range, to);
}

template <store::Flash Flash> bool Jobs<Flash>::strategy_step(const BlockRange &range) {
  const std::uint32_t learned = range.below(settings().learned_count);
  const bool has_first = plan_->first.count != 0;
  const bool has_second = plan_->second.count != 0;
  if (!load_vector(plan_->first, range, 0, second_) ||
      !load_vector(plan_->second, range, training::initial_second(settings()), third_)) {
    return false;
  }
  training::server_step(settings(), values_.first(learned), second_.first(has_first ? learned : 0),
                        third_.first(has_second ? learned : 0));
  return (!has_first || write_block(flash_, next(plan_->first), range, second_)) &&
         (!has_second || write_block(flash_, next(plan_->second), range, third_));
}

/// Codes the step with what earlier codes left over, and keeps what these leave.
template <store::Flash Flash> bool Jobs<Flash>::put_out(const BlockRange &range) {
  const auto values = values_.first(range.count);
  if (plan_->residual.count != 0) {
    if (!load_vector(plan_->residual, range, 0, second_)) {
      return false;
    }
    training::add(values, second_.first(range.count));
  }
  const std::uint32_t size = coded_.encode(out_coding(), values);
  return size != 0 && writer_.append(ByteView(coded_.bytes, size)) &&
         (plan_->residual.count == 0 || write_block(flash_, next(plan_->residual), range, values_));
}

template <store::Flash Flash> bool Jobs<Flash>::apply(const BlockRange &range) {
  const auto coding = static_cast<training::Coding>(delta_header_.coding);
  const auto codes_offset =
      delta_.offset + static_cast<std::uint32_t>(training::DeltaHeader::kBytes);
  const auto delta = second_.first(range.count);
  if (!coded_.read(flash_, codes_offset, coding, range) || !coded_.decode(coding, delta) ||
      !read_block(flash_, plan_->models[commit_->model_area], range, values_)) {
    return false;
  }
  squares_ += training::sum_of_squares(delta);
  training::add(values_.first(range.count), delta);
  return write_block(flash_, plan_->models[target_], range, values_) &&
         (plan_->control.count == 0 || follow_control(range));
}

/// second_ holds the delta.
template <store::Flash Flash> bool Jobs<Flash>::follow_control(const BlockRange &range) {
  const std::uint32_t learned = range.below(settings().learned_count);
  const auto control = third_.first(range.count);
  std::fill(control.begin(), control.end(), 0.0F);
  if (commit_->has_control &&
      !read_block(flash_, plan_->control[commit_->control_generation], range, third_)) {
    return false;
  }
  training::follow_delta({delta_header_.control_keep, delta_header_.control_gain},
                         control.first(learned), second_.first(learned));
  return write_block(flash_, plan_->control[1U - commit_->control_generation], range, third_);
}

} // namespace tinyml::device
